// The page can be read without this. With it, the page follows the runs, a button copies an id, and arrow keys go from bar to bar.

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
