import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatProblems } from "../../shared/recipe/problem.ts";
import { commitStatusRule, senderRule } from "../../shared/recipe/sender-rule.ts";
import { problemsOf, recipeText } from "./recipe-text.ts";

it("a file with ten different mistakes names all ten, each with its line", () => {
  const file = new URL("fixtures/ten-mistakes.yml", import.meta.url);
  expect(problemsOf(readFileSync(file, "utf8"))).toEqual([
    '4:13 defaults.timezone: "Europe/Berln" is not a time zone. Did you mean Europe/Berlin?',
    '9:11 web.keep: "five" is not a number. Write a whole number from 1, for example keep: 5',
    '10:24 web.schedule[0].cron: "30 26 * * *" is not a cron pattern: Invalid value for hour: 26. Write for example "30 2 * * *" for 02:30 every day',
    "14:5 db.shedule: unknown key. Did you mean schedule?",
    "15:15 db.deadline: 8 has no unit. Write 8h, 8m or 8s",
    '17:13 db.image.name: "db-${{ date }}" is not unique per run. Add ${{ short_id }} or ${{ seq }}',
    "19:9 db.image.properties.min_disk: is a field of its own. Write image.min_disk",
    "23:14 data.capture: root_volume is not a way to capture a volume. Write volume, snapshot, data_disk, or system_from_data_disk",
    "24:5 data.distribute: does not belong here. Write it into a zone below zones: of the recipe",
    "28:13 both.volume: server and volume can not both be the source. Keep one of them",
  ]);
});

/** Lines of a recipe, from line 5 on, and the one problem that they make. */
describe("one field", () => {
  it.each([
    // numbers
    ["keep: 0", "5:11 web.keep: 0 is too small. Write a whole number from 1, for example keep: 5"],
    ["keep: 2.5", "5:11 web.keep: 2.5 is not a whole number. Write"],
    ["keep: 101", "5:11 web.keep: 101 is too large. Write at most 100"],
    ['keep: "5"', '5:11 web.keep: "5" is not a number. Write'],
    ["keep:", "5:5 web.keep: an empty value is not a number. Write"],
    [
      "keep: { at_least: 0 }",
      "5:23 web.keep.at_least: 0 is too small. Write a whole number from 1",
    ],
    ["keep: { newer_than: 5 }", "5:25 web.keep.newer_than: 5 has no unit"],
    ["keep: { atleast: 5 }", "5:13 web.keep.atleast: unknown key. Did you mean at_least?"],
    ["keep: [5]", "5:11 web.keep: a list is not supported here yet. Write a whole number"],
    ["image: { min_disk: -1 }", "5:24 web.image.min_disk: -1 is too small"],
    // zones
    [
      "zones: { b: {} }",
      "5:17 web.zones.b: a mapping names no image service. Write region_name, endpoint, cloud or store",
    ],
    [
      "zones: { b: { store: ceph, region_name: az2 } }",
      "5:17 web.zones.b: a mapping names a store and an image service. Write store alone",
    ],
    [
      "zones: { b: { store: ceph, distribute: stream } }",
      "5:17 web.zones.b: a mapping has a store and distribute: stream. Write distribute: true",
    ],
    [
      "zones: { b: { region_name: az2, distribute: maybe } }",
      '5:49 web.zones.b.distribute: "maybe" is not true, false or stream',
    ],
    // durations
    ["cooling_off: 72", "5:18 web.cooling_off: 72 has no unit. Write 72h, 72m or 72s"],
    ['cooling_off: "72"', '5:18 web.cooling_off: "72" has no unit. Write 72h, 72m or 72s'],
    ["cooling_off: -1h", '5:18 web.cooling_off: "-1h" is not a duration. Write for example'],
    ["cooling_off: 1.5", "5:18 web.cooling_off: 1.5 is not a duration. Write for example"],
    ["deadline: 0s", '5:15 web.deadline: "0s" is too short. Write for example deadline: 6h'],
    ["prepare: { stop_timeout: 0s }", '5:30 web.prepare.stop_timeout: "0s" is too short'],
    // text
    ["region_name: 1.10", "5:18 web.region_name: 1.10 is a number, not text. Put it in quotes"],
    ["server: true", "4:13 web.server: true is a boolean, not text. Put it in quotes"],
    ['server: ""', '4:13 web.server: "" is empty. Write server: and its id or exact name'],
    ['server: " a"', '4:13 web.server: " a" begins or ends with a blank. Take the blank away'],
    ['server: "a\\tb"', '4:13 web.server: "a\\tb" holds a control character. Take it out'],
    ["server: ${{ source.id }}", '4:13 web.server: "${{ source.id }}" holds a variable that is no'],
    // choices
    [
      "capture: disk",
      '5:14 web.capture: "disk" is unknown. Write server, system_disk, data_disks, full_server, root_volum',
    ],
    ["image: { visibility: all }", '5:26 web.image.visibility: "all" is unknown. Write private,'],
    ["prepare: { stop_server: yes }", '5:29 web.prepare.stop_server: "yes" is not true or false'],
    ["if_running: wait", '5:17 web.if_running: "wait" is unknown. Write join, queue, or skip'],
    ["promote: by-hand", '5:14 web.promote: "by-hand" is unknown. Write auto or approve'],
    ["approve_within: 5s", '5:21 web.approve_within: "5s" is too short. Write for example'],
    ["pause_after_failures: -1", "5:27 web.pause_after_failures: -1 is too small. Write a whole"],
    // less work
    ["fresh_within: 7", "5:19 web.fresh_within: 7 has no unit. Write 7h, 7m or 7s"],
    ["fresh_within: 5s", '5:19 web.fresh_within: "5s" is too short. Write for example'],
    ["jitter: 2d", '5:13 web.jitter: "2d" is longer than a day. Write 24h or less'],
    ["max_parallel: 0", "5:19 web.max_parallel: 0 is too small. Write a whole number from 1"],
    ["jitter: often", '5:13 web.jitter: "often" is not a duration. Write for example'],
    ["skip_unchanged: maybe", '5:21 web.skip_unchanged: "maybe" is not true or false. Write skip_'],
    ["skip_unchanged: { version: 7 }", "5:32 web.skip_unchanged.version: 7 is a number, not text"],
    ["skip_unchanged: { key: a }", "5:23 web.skip_unchanged.key: unknown key."],
    // shapes
    ["image: golden", '5:12 web.image: "golden" is not a mapping. Write image: {'],
    ["prepare: [stop]", "5:14 web.prepare: a list is not a mapping. Write prepare: {"],
    ['schedule: "0 4 * * *"', '5:15 web.schedule: "0 4 * * *" is not a list. Write schedule: [{'],
    ["schedule: [{ timezone: UTC }]", '5:16 web.schedule[0]: cron is missing. Write cron: "30 2'],
    ['schedule: ["0 4 * * *"]', '5:16 web.schedule[0]: "0 4 * * *" is not a mapping. Write - cron'],
    ["webhook: ci", '5:14 web.webhook: "ci" is not a mapping. Write webhook: { sender: ci, event'],
    // JMESPath
    [
      "webhook: { sender: ci, event: e, when: branch = 'main' }",
      "5:44 web.webhook.when: \"branch = 'main'\" is not a JMESPath expression: nothing begins with =, character 8. Write for example when: \"branch == 'main'\"",
    ],
    [
      "webhook: { sender: ci, event: e, when: 'start_with(a, `1`)' }",
      '5:44 web.webhook.when: "start_with(a, `1`)" has an unknown function, start_with. Did',
    ],
    ["webhook: { sender: ci, event: e, when: true }", "5:44 web.webhook.when: true is a boolean,"],
    ["timezone: Mars/Base", '5:15 web.timezone: "Mars/Base" is not a time zone. Write UTC or'],
  ])("%s", (lines, problem) => {
    // The source comes first where the lines have one, so that they begin at line 4.
    expect(problemsOf(recipeText(lines))).toEqual([expect.stringContaining(problem)]);
  });
});

describe("a property", () => {
  const properties = (text: string) => problemsOf(recipeText(`image:\n  properties: ${text}`));

  it.each([
    ["{ a: 20 }", "6:24 web.image.properties.a: 20 is a number, not text. Put it in quotes"],
    ["{ a: yes, b: false }", "6:32 web.image.properties.b: false is a boolean, not text. Put it"],
    ["{ a: }", "6:21 web.image.properties.a: an empty value is not text. Write"],
    ['{ a: "${{ seq }}" }', '6:24 web.image.properties.a: "${{ seq }}" holds a variable'],
    ["{ a: 🚀 }", '6:24 web.image.properties.a: "🚀" holds an emoji (any'],
    ["{ name: x }", "6:21 web.image.properties.name: is a field of its own. Write image.name"],
    ["{ checksum: x }", "6:21 web.image.properties.checksum: is written by Glance itself. Take"],
    [
      "{ protected: x }",
      "6:21 web.image.properties.protected: is a field of its own. Write image.p",
    ],
    ["{ tags: x }", "6:21 web.image.properties.tags: is not supported yet: Regild's own tags"],
    ["{ bdm_v2: x }", "6:21 web.image.properties.bdm_v2: is written by Nova itself. Take it out"],
    ["{ Regild_owner: x }", "6:21 web.image.properties.Regild_owner: is kept for Regild. Take"],
    ["{ os_glance_x: x }", "6:21 web.image.properties.os_glance_x: is kept for Glance. Take"],
    ["{ größe: x }", "6:21 web.image.properties.größe: is not a property key. Write 1 to 254 of"],
    [`{ ${"k".repeat(255)}: x }`, "Write 1 to 254 of"],
    [
      '{ a: "" }',
      '6:24 web.image.properties.a: "" is empty, which some clouds refuse. Write a value',
    ],
    ['{ "a ": x }', "6:21 web.image.properties.a : begins or ends with a blank. Take"],
    ["[a]", "6:19 web.image.properties: a list is not a mapping. Write properties: {"],
  ])("%s", (text, problem) => {
    expect(properties(text)).toEqual([expect.stringContaining(problem)]);
  });

  it.each(["min_disk", "min_ram", "visibility", "disk_format", "name"])(
    "%s is refused in favour of the recipe's own field",
    (field) => {
      expect(properties(`{ ${field}: x }`)[0]).toContain(`Write image.${field}`);
    },
  );

  it("holds at most 254 bytes", () => {
    expect(properties(`{ a: ${"ü".repeat(127)} }`)).toEqual([]);
    const [problem] = properties(`{ a: ${"ü".repeat(127)}x }`);
    expect(problem).toMatch(
      /^6:24 web\.image\.properties\.a: "ü{60}…" is 255 bytes long, and 254 /,
    );
  });

  it("has a key of its own even where case does not count, defaults included", () => {
    const twins = "Foo and foo are one key to some clouds. Keep one of them";
    expect(properties("{ Foo: x, foo: x }")).toEqual([`6:19 web.image.properties: ${twins}`]);
    const head = "defaults: { image: { properties: { Foo: x } } }\n";
    expect(problemsOf(recipeText("image: { properties: { foo: x } }", head))).toEqual([
      `6:26 web.image.properties: ${twins}`,
    ]);
  });

  it("is one of 90 at most", () => {
    const of = (count: number) =>
      properties(`{ ${Array.from({ length: count }, (_, n) => `p${n}: x`).join(", ")} }`);
    expect(of(90)).toEqual([]);
    expect(of(91)).toEqual([
      expect.stringContaining(
        "6:19 web.image.properties: 91 properties are too many. Keep at most 90",
      ),
    ]);
  });
});

describe("an unknown key", () => {
  it.each([
    ["kep: 3", "5:5 web.kep: unknown key. Did you mean keep?"],
    ["image: { MIN-DISK: 3 }", "5:14 web.image.MIN-DISK: unknown key. Did you mean min_disk?"],
    ["maxDeletes: 3", "5:5 web.maxDeletes: unknown key. Did you mean max_deletes?"],
    ["image: { mindisk: 3 }", "5:14 web.image.mindisk: unknown key. Did you mean min_disk?"],
    [
      "prepare: { stop: true }",
      "5:16 web.prepare.stop: unknown key. There are stop_server, stop_t",
    ],
    ['schedule: [{ cron: "0 4 * * *", tz: UTC }]', "5:37 web.schedule[0].tz: unknown key. There "],
    ["stop_server: true", "5:5 web.stop_server: does not belong here. Write it into prepare: of"],
    ["event: done", "5:5 web.event: does not belong here. Write it into webhook: of the recipe"],
    [
      "webhook: { sendr: ci, event: e }",
      "5:16 web.webhook.sendr: unknown key. Did you mean sender?",
    ],
    ["image: { keep: 3 }", "5:14 web.image.keep: does not belong here. Write it into a recipe, or"],
    ["constructor: 3", "5:5 web.constructor: unknown key. There are cloud, region_name, "],
    ["<<: { keep: 3 }", "5:5 web.<<: is not supported yet. Write what recipes share into defaults"],
  ])("%s", (lines, problem) => {
    expect(problemsOf(recipeText(lines))).toEqual([expect.stringContaining(problem)]);
  });

  it("that meant a required one is the only problem", () => {
    expect(problemsOf("recipes: { web: { cloud: c, sever: s } }")).toEqual([
      "1:29 web.sever: unknown key. Did you mean server?",
    ]);
    expect(problemsOf("recipies: { web: { cloud: c, server: s } }")).toEqual([
      "1:1 recipies: unknown key. Did you mean recipes?",
    ]);
  });

  it.each(["availability_zones", "notify", "current_name"])(
    "of a later version, %s, is refused with what to do instead",
    (key) => {
      expect(problemsOf(recipeText(`${key}: x`))).toEqual([
        expect.stringMatching(new RegExp(`^5:5 web\\.${key}: is not supported yet\\. [A-Z].{20,}`)),
      ]);
      expect(problemsOf(recipeText(`image: { ${key}: x }`))).toEqual([
        expect.stringContaining(`5:14 web.image.${key}: is not supported yet`),
      ]);
    },
  );
});

it("notify, as other programs call it, is notifications here", () => {
  expect(problemsOf(recipeText("notify: x")).join()).toContain(
    "Write notifications: [{ to: ops }]",
  );
});

describe("fields that do not go together", () => {
  it.each([
    [
      "volume: v\nprepare: { stop_server: true, allow_live: true }",
      "5:47 web.prepare.allow_live: is for volumes whose servers run, and this recipe has them stopped",
    ],
    [
      "prepare: { stop_server: true, wait_for_shutoff: 30m }",
      "5:53 web.prepare.wait_for_shutoff: waits for a guest that powers itself off, and stop_server",
    ],
    [
      "volume: v\nprepare: { wait_for_shutoff: 30m, allow_live: true }",
      "5:51 web.prepare.allow_live: is for volumes whose servers run, and this recipe has them stopped",
    ],
    [
      "volume: v\nprepare: { restore: rebuild, wait_for_shutoff: 30m }",
      '5:25 web.prepare.restore: "rebuild" is not a way to put disks back. Write restore: snapshot',
    ],
    [
      "prepare: { restore: snapshot, wait_for_shutoff: 30m }",
      "5:25 web.prepare.restore: puts back a volume only. Cinder reverts no root volume",
    ],
    [
      "volume: v\ncapture: snapshot\nprepare: { restore: snapshot, wait_for_shutoff: 30m }",
      "6:25 web.prepare.restore: is for capture: volume, because another snapshot",
    ],
    [
      "volume: v\nprepare: { restore: snapshot, stop_server: true }",
      "5:25 web.prepare.restore: has nothing to put back, because no guest prepares the disk. Write wait_for_shutoff: 30m",
    ],
    [
      "volume: v\nprepare: { restore: snapshot, hook: { to: guest } }",
      "5:25 web.prepare.restore: has nothing to put back",
    ],
    [
      "volume: v\nrestore: snapshot",
      "5:5 web.restore: does not belong here. Write it into prepare: of the recipe",
    ],
    [
      "deadline: 30m\nprepare: { wait_for_shutoff: 30m }",
      "5:15 web.deadline: a deadline of 30m leaves no time after a wait_for_shutoff of 30m. Write a",
    ],
    [
      "prepare: { hook: guest }",
      '5:22 web.prepare.hook: "guest" is not a mapping. Write hook: { to: guest }',
    ],
    ["prepare: { hook: { timeout: 5m } }", "5:16 web.prepare.hook: to is missing. Write to: guest"],
    [
      "prepare: { hook: { to: guest, timeout: 5 } }",
      "5:44 web.prepare.hook.timeout: 5 has no unit",
    ],
    [
      "prepare: { hook: { to: guest, timeout: 0s } }",
      '5:44 web.prepare.hook.timeout: "0s" is too short',
    ],
    [
      "prepare: { hook: { to: 5 } }",
      "5:28 web.prepare.hook.to: 5 is a number, not text. Put it in quotes",
    ],
    [
      "prepare: { hook: { to: guest, url: 'https://a.example.com' } }",
      "5:35 web.prepare.hook.url: stands in regild.yml. Write callbacks: { guest: { url:",
    ],
    [
      "prepare: { hook: { to: guest, secret: whsec_x } }",
      "5:35 web.prepare.hook.secret: stands in regild.yml. Write callbacks: { guest: { url:",
    ],
    [
      "hook: { to: guest }",
      "5:5 web.hook: does not belong here. Write it into prepare: of the recipe",
    ],
    [
      "deadline: 30m\nprepare: { hook: { to: guest } }",
      "5:15 web.deadline: a deadline of 30m leaves no time after a hook of 30m. Write a deadline above 30m",
    ],
    ["prepare: { wait_for_shutoff: 30 }", "5:34 web.prepare.wait_for_shutoff: 30 has no unit. Wr"],
    [
      "prepare: { wait_for_shutoff: soon }",
      '5:34 web.prepare.wait_for_shutoff: "soon" is not a dur',
    ],
    ["prepare: { wait_for_shutoff: 0s }", "5:34 web.prepare.wait_for_shutoff: "],
    ["volume: v\ncapture: server", "5:14 web.capture: server is not a way to capture a volume."],
    ["capture: snapshot", "5:14 web.capture: snapshot is not a way to capture a server. Write ser"],
    [
      "image: { disk_format: raw }",
      "5:27 web.image.disk_format: with this capture the cloud chooses the format",
    ],
    [
      "capture: system_disk\nimage: { disk_format: raw }",
      "6:27 web.image.disk_format: with this capture the cloud chooses the format",
    ],
    [
      "volume: v\ncapture: system_disk",
      "5:14 web.capture: system_disk is not a way to capture a volume.",
    ],
    [
      "volume: v\ncapture: data_disk\ntest_boot: { flavor: m1 }",
      "6:16 web.test_boot: boots a server",
    ],
    [
      "volume: v\ncapture: system_from_data_disk",
      "5:14 web.capture: needs image.os_version, because IMS",
    ],
    [
      'image: { os_version: "Debian 12" }',
      "5:26 web.image.os_version: is for capture: system_from",
    ],
    ["capture: data_disk", "5:14 web.capture: data_disk is not a way to capture a server."],
    [
      'capture: system_disk\nimage: { name: "web-${{ seq }}" }',
      "6:20 web.image.name: has no ${{ short_id }}, and IMS gives each name to one image only",
    ],
    [
      `capture: system_disk\nimage: { name: "${"é".repeat(122)}-\${{ short_id }}" }`,
      "6:20 web.image.name: fills to",
    ],
    [
      "deadline: 10m\nprepare: { stop_server: true }",
      "5:15 web.deadline: a deadline of 10m leaves no time after a stop_timeout of 10m. Write a dea",
    ],
    [
      "prepare: { stop_server: true, stop_timeout: 7h }",
      "5:49 web.prepare.stop_timeout: a deadline of 6h leaves no time after a stop_timeout of 7h.",
    ],
    [
      'image: { name: "${{ region_name }}-${{ seq }}" }',
      "5:20 web.image.name: uses ${{ region_name }}, and the recipe has no region_name. Write",
    ],
  ])("%s", (lines, problem) => {
    expect(problemsOf(recipeText(lines))).toEqual([expect.stringContaining(problem)]);
  });

  it("a short deadline is fine where nothing is stopped", () => {
    expect(problemsOf(recipeText("deadline: 5m"))).toEqual([]);
  });

  it("a recipe without cloud and source says both", () => {
    expect(problemsOf("recipes:\n  web: { keep: 3 }")).toEqual([
      "2:3 web: cloud is missing. Write cloud: and a name in clouds.yaml",
      "2:3 web: the source is missing. Write server: or volume: and its id or exact name",
    ]);
  });

  it("a default in the way is named where it stands, for each recipe it is in the way of", () => {
    const head = "defaults: { capture: snapshot }\n";
    expect(problemsOf(recipeText("server: s", head))).toEqual([
      expect.stringContaining("1:22 web.capture: snapshot is not a way to capture a server."),
    ]);
  });

  it("stop_server goes with a volume, also from defaults, and allow_live of defaults gives way", () => {
    const head = "defaults: { prepare: { stop_server: true, allow_live: true } }\n";
    expect(problemsOf(recipeText("volume: v", head))).toEqual([]);
    expect(problemsOf(recipeText("volume: v\nprepare: { stop_server: true }"))).toEqual([]);
    expect(
      problemsOf(recipeText("volume: v\ncapture: snapshot\nprepare: { stop_server: true }")),
    ).toEqual([]);
  });

  it("are not blamed for a field that is wrong by itself", () => {
    expect(
      problemsOf(recipeText("deadline: 8\nprepare: { stop_server: true, stop_timeout: 7h }")),
    ).toEqual(["5:15 web.deadline: 8 has no unit. Write 8h, 8m or 8s"]);
    expect(problemsOf(recipeText("server: 5"))).toEqual([
      "4:13 web.server: 5 is a number, not text. Put it in quotes",
    ]);
  });
});

describe("a webhook", () => {
  const among = (names: string[], lines: string) =>
    problemsOf(recipeText(lines), [senderRule(names, "regild.yml")]);

  it("needs sender and event", () => {
    expect(problemsOf(recipeText("webhook: { event: done }"))).toEqual([
      "5:5 web.webhook: sender is missing. Write sender: ci",
    ]);
    expect(problemsOf(recipeText("webhook: { sender: ci }"))).toEqual([
      "5:5 web.webhook: event is missing. Write event: image.ready",
    ]);
  });

  it("is of a sender that is there, where it is known which are", () => {
    const lines = "keep: 3\nwebhook: { event: done, sender: ci }";
    expect(problemsOf(recipeText(lines))).toEqual([]);
    expect(among(["ci"], lines)).toEqual([]);
    expect(among(["c1"], lines)).toEqual([
      "6:37 web.webhook.sender: ci is no sender of regild.yml. Did you mean c1?",
    ]);
    expect(among(["forge"], lines)).toEqual([
      '6:37 web.webhook.sender: ci is no sender of regild.yml, which has forge. Write it there: senders: { ci: { scheme: github, secrets: ["…"] } }',
    ]);
    expect(among([], "keep: 3")).toEqual([]);
  });

  it("is blamed once, for what is wrong by itself", () => {
    expect(among([], "webhook: { sender: ci, event: 5 }")).toEqual([
      "5:35 web.webhook.event: 5 is a number, not text. Put it in quotes",
    ]);
  });

  it("of defaults is blamed where it stands", () => {
    const head = "defaults: { webhook: { sender: ci, event: done } }\n";
    expect(problemsOf(recipeText("", head), [senderRule([], "regild.yml")])).toEqual([
      expect.stringContaining("1:32 web.webhook.sender: ci is no sender of regild.yml."),
    ]);
  });
});

describe("a commit status", () => {
  const lines = (repository: string, sha: string) =>
    `inputs: { sha: { from: after } }\ncommit_status: { to: git, repository: "${repository}", sha: "${sha}" }`;
  const OF_INPUTS = lines("example/web", "${{ inputs.sha }}");

  it("is at a Git host that is there, where it is known which are", () => {
    const among = (names: string[]) =>
      problemsOf(recipeText(OF_INPUTS), [commitStatusRule(names, "regild.yml")]);
    expect(among(["git"])).toEqual([]);
    expect(among(["gist"])).toEqual([
      expect.stringContaining(
        "git is no callback with type: github, gitlab or github_app of regild.yml. Did",
      ),
    ]);
    expect(among([])).toEqual([
      expect.stringContaining('Write it there: callbacks: { git: { type: github, token: "…"'),
    ]);
  });

  it.each([
    [lines("${{ inputs.repo }}", "none"), "uses ${{ inputs.repo }}, and the recipe has no such"],
    [lines("example/web", "main"), 'commit_status.sha: "main" is not the whole id of a commit'],
    [lines("web", "none"), 'commit_status.repository: "web" is no repository'],
    [lines("${{ recipe }}/web", "none"), "holds a variable that is no input"],
    ["commit_status: { to: git, sha: none }", "commit_status: repository is missing"],
  ])("%s", (text, problem) => {
    expect(problemsOf(recipeText(text)).join("\n")).toContain(problem);
  });
});

describe("an image name that fills to too much", () => {
  const withName = (name: string) => problemsOf(recipeText(`image:\n  name: "${name}"`));

  it("is measured in bytes, with the longest values", () => {
    // short_id is 6 bytes: 236 are left, 78 characters of 3 bytes.
    expect(withName(`${"金".repeat(78)}\${{ short_id }}`)).toEqual([]);
    expect(withName(`${"金".repeat(79)}\${{ short_id }}`)).toEqual([
      expect.stringMatching(
        /^6:13 web\.image\.name: fills to .* is 243 bytes long, and 242 is the/,
      ),
    ]);
  });

  it("may have 242 bytes with seq: the short id takes the place of its end while the image is made", () => {
    expect(withName(`${"a".repeat(241)}\${{ seq }}`)).toEqual([]);
    expect(withName(`${"a".repeat(242)}\${{ seq }}`)).toHaveLength(1);
  });

  it("counts the name of a source that is named, and waits for that of an id", () => {
    const name = `${"a".repeat(230)}\${{ source.name }}\${{ short_id }}`;
    expect(withName(name)).toHaveLength(1);
    const id = "7c1e2f60-8a41-4d7e-9b0c-2f6f0a6a51d3";
    expect(problemsOf(recipeText(`server: ${id}\nimage: { name: "${name}" }`))).toEqual([]);
  });

  it("is refused with blanks at its ends, control characters and emoji", () => {
    expect(withName(" ${{ seq }}")).toHaveLength(1);
    expect(withName("a\\tb${{ seq }}")).toHaveLength(1);
    expect(withName("🚀${{ seq }}")).toHaveLength(1);
  });
});

describe("the file itself", () => {
  it.each([
    ["", "1:1 an empty value is not a mapping. Write recipes:"],
    ["# nothing\n", "1:1 an empty value is not a mapping. Write recipes:"],
    ["- web\n", "1:1 a list is not a mapping. Write recipes:"],
    ["defaults: { cloud: c }\n", "1:1 recipes is missing. Write recipes: and below it"],
    ["recipes:\n", "1:1 recipes: an empty value is not a mapping. Write recipes:"],
    ["recipes: [web]\n", "1:10 recipes: a list is not a mapping. Write recipes:"],
    ["recipes:\n  web:\n", "2:3 web: an empty value is not a mapping. Write a recipe's fields"],
    ["recipes: {}\ndefaults:\n", "2:1 defaults: an empty value is not a mapping"],
    ["recipes: {}\ntimezone: UTC\n", "2:1 timezone: does not belong here. Write it into a recipe,"],
    ["recipes: {}\nweb: {}\n", "2:1 web: unknown key. There are defaults, recipes"],
  ])("%j", (text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(problem)]);
  });

  it.each(["Web", "web_1", "-web", "a".repeat(41), "größe", "web.1"])(
    "holds no recipe named %s",
    (name) => {
      expect(problemsOf(`recipes:\n  ${name}: { cloud: c, server: s, keep: 0 }`)).toEqual([
        expect.stringContaining(`2:3 ${name}: is not a recipe name. Write at most 40 of a-z`),
        expect.stringContaining(`${name}.keep: 0 is too small`),
      ]);
    },
  );

  it.each([
    ["keep: 3\n    keep: 4", "6:5 web.keep: is written twice. Keep one"],
    ["keep: *three", "5:11 web.keep: is an alias without an anchor. If the * is part of it, put"],
    ["__proto__: 3", "5:5 web.__proto__: is not a possible key. Take it out"],
    ["? [a]\n    : 3", "3:5 web: a key is not plain text. Write a name"],
  ])("with %j", (line, problem) => {
    const problems = problemsOf(`recipes:\n  web:\n    cloud: c\n    server: s\n    ${line}`);
    expect(problems[0]).toContain(problem);
  });

  it("takes no number for a recipe's name", () => {
    expect(problemsOf("recipes:\n  7: { cloud: c, server: s }")).toEqual([
      "2:3 7: the key is not text. Put it in quotes",
    ]);
  });

  it.each([
    ["recipes:\n\tweb: {}", "2:1 Tabs are not allowed as indentation. Indent with blanks"],
    ["recipes: {}\n---\nx: 1", "2:1 Source contains multiple documents. Keep one document"],
    ["recipes: !x {}", "1:10 Unresolved tag. Take the tag away, or put the value in quotes"],
    [
      "recipes:\n  web:\n    image: { name: ${{ seq }}-a }",
      "3:21 Unexpected flow-map-start at node end. Put the value that holds ${{ }} in quotes",
    ],
    [
      "recipes:\n  web:\n    schedule:\n      - cron: * * * * *",
      "4:15 Alias cannot be an empty string. Put a value that begins with * in quotes",
    ],
    ['recipes: "web', 'Missing closing "quote. Correct the YAML of this line or the one before'],
  ])("with the syntax of %j broken says so once a line, and nothing else", (text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(problem)]);
  });

  it("that would fill the memory by its aliases is stopped", () => {
    const layers = Array.from({ length: 9 }, (_, n) => {
      const aliases = n === 0 ? "x" : Array.from({ length: 9 }, () => `*a${n - 1}`).join(", ");
      return `a${n}: &a${n} [${aliases}]`;
    });
    expect(problemsOf(layers.join("\n"))[0]).toContain("1:1 too many aliases");
  });
});

it("whatever is typed into a file, each problem points into it", () => {
  const slips = [
    "",
    "*a",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "- ",
    "5",
    "'",
    '"',
    "\n",
    "  ",
    "\t",
    "${{",
    "}}",
  ];
  const good = readFileSync(new URL("../../recipes.example.yml", import.meta.url), "utf8");
  for (let n = 0; n < 300; n += 1) {
    // Two slips at places that no two rounds share.
    const [first, second] = [(n * 7919) % good.length, (n * 104_729) % good.length];
    let text = good.slice(0, first) + slips[n % slips.length] + good.slice(first + (n % 4));
    text = text.slice(0, second) + slips[(n * 5 + 3) % slips.length] + text.slice(second);
    const lines = text.split("\n");
    const astray = problemsOf(text).filter((problem) => {
      const [, line = "0", column = "0"] = /^(\d+):(\d+) \S/.exec(problem) ?? [];
      const length = lines[Number(line) - 1]?.length ?? -1;
      return Number(column) < 1 || Number(column) > length + 1;
    });
    expect(astray).toEqual([]);
  }
});

it("problems are printed below one another, their texts aligned", () => {
  const at = (line: number, column: number) => ({ file: "recipes.yml", line, column });
  expect(
    formatProblems([
      { ...at(9, 5), path: "web.keep", message: "is wrong" },
      { ...at(10, 12), path: "", message: "is broken" },
    ]),
  ).toEqual(["recipes.yml:9:5    web.keep: is wrong", "recipes.yml:10:12  is broken"]);
});
