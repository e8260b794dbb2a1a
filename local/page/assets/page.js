// The page can be read without this. With it, the page follows the runs, a button copies an id, and each bar is a link.

const connection = document.getElementById("connection");
const refreshSeconds = Number(document.body.dataset["refreshSeconds"] ?? 0);
const MAX_WAIT_SECONDS = 60;
let failures = 0;

/** Asks for this page again, and replaces the parts that changed. */
async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    failures = 0;
    say("");
  } catch {
    failures += 1;
    if (failures === 2) say("Regild does not answer. You see what was known before.");
  }
}

/** @param {Document} fresh */
function show(fresh) {
  const main = document.querySelector("main");
  const other = fresh.querySelector("main");
  document.title = fresh.title;
  if (main === null || other === null) return;
  if (idsIn(main) !== idsIn(other)) return replace(main, other);
  for (const part of liveParts(main)) {
    const changed = fresh.getElementById(part.id);
    if (changed !== null) replace(part, changed);
  }
}

/** @param {Element} within */
function liveParts(within) {
  return [...within.querySelectorAll("[data-live]")];
}

/** @param {Element} within */
function idsIn(within) {
  return liveParts(within)
    .map(({ id }) => id)
    .join(" ");
}

/** The parts as they came: what the reader does to them, such as a step with the arrow keys, is no change. */
/** @type {WeakMap<Element, Node>} */
const received = new WeakMap();

/**
 * @param {Element} part
 * @param {Element} other
 */
function replace(part, other) {
  if (other.isEqualNode(received.get(part) ?? part)) return;
  // Somebody reads, copies or steers here. The next answer replaces it.
  if (part.matches(":has(:focus)") || isSelected(part)) return;
  received.set(other, other.cloneNode(true));
  part.replaceWith(other);
  showCopyButtons(other);
}

/** @param {Element} part */
function isSelected(part) {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.containsNode(part, true);
}

/** @param {string} text */
function say(text) {
  if (connection !== null && connection.textContent !== text) connection.textContent = text;
}

/** @type {EventSource | null} */
let events = null;
/** With events, the page is asked for in between for the sake of its times alone. */
const WITH_EVENTS_SECONDS = 10;

/** The host says when something has changed. Where it does not, the page is asked for as often as it says. */
function listen() {
  if (document.hidden) {
    // A browser opens six connections to a host: pages that nobody sees take none.
    events?.close();
    events = null;
  } else if (events === null) {
    events = new EventSource("/events");
    events.addEventListener("message", () => void refresh());
  }
}

function follow() {
  const hasEvents = events?.readyState === EventSource.OPEN;
  const seconds = hasEvents ? Math.max(refreshSeconds, WITH_EVENTS_SECONDS) : refreshSeconds;
  const wait = Math.min(MAX_WAIT_SECONDS, seconds * 2 ** failures);
  setTimeout(() => void refresh().finally(follow), wait * 1000);
}

/**
 * They stay hidden where a browser lets no page copy: it needs HTTPS or a loopback address.
 * @param {ParentNode} within
 */
function showCopyButtons(within) {
  if (!isSecureContext) return;
  for (const button of within.querySelectorAll("[data-copy]")) button.removeAttribute("hidden");
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-copy]") : null;
  if (button instanceof HTMLElement) void copy(button);
});

/** @param {HTMLElement} button */
async function copy(button) {
  await navigator.clipboard.writeText(button.dataset["copy"] ?? "");
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

/**
 * A strip comes as one link to the runs of its recipe. Makes a link to each run of it.
 * @param {EventTarget | null} target
 * @returns {SVGAElement | null} the newest one, or null if that was done before
 */
function linkBars(target) {
  const whole = target instanceof Element ? target.closest("svg[data-runs] a") : null;
  const strip = whole?.closest("svg");
  if (!(strip instanceof SVGSVGElement) || whole === null) return null;
  const labels = (strip.dataset["labels"] ?? "").split(";");
  const runs = (strip.dataset["runs"] ?? "").split(" ");
  const slot = Number(strip.dataset["slot"]);
  const part = strip.closest("[data-live]");
  if (part !== null && !received.has(part)) received.set(part, part.cloneNode(true));
  strip.removeAttribute("data-runs");
  const links = runs.map((run, index) => {
    const left = strip.viewBox.baseVal.width - (runs.length - index) * slot;
    return barLink({ run, label: labels[index] ?? "", left, slot });
  });
  whole.replaceWith(...links);
  const newest = links.at(-1) ?? null;
  newest?.setAttribute("tabindex", "0");
  return newest;
}

/**
 * Arrow keys lead to the others: one stop for the keyboard a recipe, not thirty.
 * @param {{ run: string, label: string, left: number, slot: number }} is
 */
function barLink({ run, label, left, slot }) {
  const link = svg("a", { href: run, "aria-label": label, tabindex: "-1" });
  const title = svg("title", {});
  title.textContent = label;
  const place = { x: String(left), width: String(slot), height: "100%" };
  link.append(title, svg("rect", { class: "hit", ...place }));
  return link;
}

/**
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} attributes
 */
function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// A finger is too broad for one bar: it follows the link of the whole strip.
document.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType === "mouse") linkBars(target);
});
document.addEventListener("focusin", ({ target }) => {
  if (target instanceof Element && target.matches(":focus-visible")) linkBars(target)?.focus();
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const { target } = event;
  const link = target instanceof Element ? target.closest('svg[role="group"] a') : null;
  if (step === undefined || link === null) return;
  const links = [...(link.closest("svg")?.querySelectorAll("a") ?? [])];
  const next = links[links.findIndex((each) => each === link) + step];
  if (next === undefined) return;
  link.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
  event.preventDefault();
});

showCopyButtons(document);
if (refreshSeconds > 0) {
  document.addEventListener("visibilitychange", () => {
    listen();
    void refresh();
  });
  listen();
  follow();
}
