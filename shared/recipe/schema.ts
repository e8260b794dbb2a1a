import * as z from "zod/mini";
import { isCloudId } from "../cloud-ids.ts";
import { allowSource } from "./allow-source.ts";
import { BUILT_IN, WEBHOOK_MIN_GAP } from "./built-in.ts";
import {
  boolean,
  duration,
  mapping,
  name,
  oneOf,
  optional,
  rule,
  sourceName,
  string,
  wholeNumber,
} from "./field.ts";
import { repositoryTextProblem, shaTextProblem } from "./commit.ts";
import { cmkId } from "./encryption.ts";
import { EXPORT_KEYS, exportTo } from "./export.ts";
import { templateProblem } from "./name-template.ts";
import { NOTIFICATION_KEYS, notifications } from "./notifications.ts";
import { lessWork, SKIP_UNCHANGED_KEYS } from "./less-work.ts";
import { MEMBER_KEYS, sharing } from "./members.ts";
import { HOOK_KEYS, prepare, PREPARE_KEYS } from "./prepare.ts";
import { properties } from "./properties.ts";
import {
  AFTER_PROMOTE,
  CAPTURES,
  DISK_FORMATS,
  IF_RUNNING,
  INPUT_TYPES,
  PROMOTIONS,
  VISIBILITIES,
} from "./recipe.ts";
import { cronProblem } from "./schedule.ts";
import { CONSOLE_KEYS, PROBE_KEYS, TEST_BOOT_KEYS, testBoot } from "./test-boot.ts";
import { timezoneProblem } from "./timezone.ts";
import { versionTextProblem } from "./version.ts";
import { whenProblem } from "./when.ts";
import { ZONE_KEYS, zones } from "./zones.ts";

const MS_PER_MINUTE = 60_000;
/** Glance keeps min_disk and min_ram in 32 bits. */
const INT32 = 2_147_483_647;
/** The inventory of a recipe's images stays a small record. */
const MOST_KEPT = 100;

/** Recipe names become part of tags, run ids and image names. */
export const RECIPE_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

const timezone = name("timezone: Europe/Berlin").check(rule(timezoneProblem));

const VAULT_ID = "vault_id: 3b5816b5-f29c-4172-9d9a-76c719a659ce";
const vaultId = name(VAULT_ID).check(
  rule((text) =>
    text === "" || isCloudId(text) ? null : `is no id of a vault. Write for example ${VAULT_ID}`,
  ),
);

const schedule = mapping(
  {
    cron: string('cron: "30 2 * * *"').check(
      rule(cronProblem),
      z.meta({
        description: "minute hour day month weekday, in quotes",
        examples: ["30 2 * * *", "0 4 * * SUN"],
      }),
    ),
    timezone: optional(timezone, { description: "Default: the recipe's timezone" }),
  },
  '- cron: "30 2 * * *"',
);

const WHEN = `when: "branch == 'main'"`;
const webhook = mapping(
  {
    sender: name("sender: ci").check(z.meta({ description: "A name in regild.yml" })),
    event: name("event: image.ready").check(
      z.meta({
        description:
          "GitHub: as X-GitHub-Event has it, such as workflow_run. GitLab: as X-Gitlab-Event has it, such as Pipeline Hook. Standard Webhooks: the payload's type",
      }),
    ),
    when: optional(string(WHEN).check(rule((text) => whenProblem(text))), {
      description: "JMESPath; a run is started where it makes true of the payload",
    }),
    min_gap: optional(duration("min_gap", WEBHOOK_MIN_GAP, 0), {
      description: "Shortest time from one start by a webhook to the next; 0s: none",
    }),
  },
  "webhook: { sender: ci, event: image.ready }",
);

const input = mapping(
  {
    from: optional(
      string("from: build.version").check(rule((text) => whenProblem(text, "from: build.version"))),
      {
        description: "JMESPath into the webhook's payload",
      },
    ),
    type: optional(oneOf(INPUT_TYPES), { description: "What the value is", default: "string" }),
    pattern: optional(string("pattern: '^[0-9.]+$'").check(rule(patternProblem)), {
      description: "A regular expression that the value must match",
    }),
    default: optional(string("a text, in quotes"), {
      description: "The value where the start says none, as by schedule or by hand",
    }),
  },
  "version: { from: version }",
);

/** A value may use 128 characters; a pattern that is not a regular expression is found here. */
function patternProblem(pattern: string): string | null {
  try {
    "".match(new RegExp(pattern, "u"));
    return null;
  } catch {
    return "is not a regular expression. Write for example '^[0-9.]+$'";
  }
}

const callback = mapping(
  {
    to: name("to: ci").check(z.meta({ description: "A callback of regild.yml", examples: ["ci"] })),
  },
  "callback: { to: ci }",
);

const commitStatus = mapping(
  {
    to: name("to: github").check(
      z.meta({ description: "A callback of regild.yml with type", examples: ["github"] }),
    ),
    repository: string('repository: "${{ inputs.repository }}"').check(
      rule(repositoryTextProblem),
      z.meta({
        description:
          "The repository as the Git host names it, such as example/web. Inputs are filled in",
        examples: ["${{ inputs.repository }}"],
      }),
    ),
    sha: string('sha: "${{ inputs.sha }}"').check(
      rule(shaTextProblem),
      z.meta({
        description: "The whole id of the commit. none: this start shows no status",
        examples: ["${{ inputs.sha }}"],
      }),
    ),
  },
  'commit_status: { to: github, repository: "${{ inputs.repository }}", sha: "${{ inputs.sha }}" }',
);

const image = mapping(
  {
    name: optional(
      string('name: "${{ recipe }}-${{ date }}-${{ short_id }}"').check(rule(templateProblem)),
      {
        description:
          "Variables: recipe, cloud, region_name, date, time, timestamp, seq, run_id, short_id, source.name, source.id; one of seq, run_id and short_id is needed",
        default: BUILT_IN.image.name,
      },
    ),
    properties: optional(properties, {
      description: "Image properties; text only, so quote numbers and true or false",
      examples: [{ os_distro: "ubuntu", hw_qemu_guest_agent: "yes" }],
    }),
    version: optional(string('version: "${{ inputs.version }}"').check(rule(versionTextProblem)), {
      description:
        "A version label: property regild_version and tag regild-version-RECIPE:VERSION of the image. Text, inputs or both",
      examples: ["1.4.2"],
    }),
    min_disk: optional(wholeNumber({ from: 0, to: INT32, example: "min_disk: 20" }), {
      description: "GiB",
    }),
    min_ram: optional(wholeNumber({ from: 0, to: INT32, example: "min_ram: 2048" }), {
      description: "MiB",
    }),
    os_version: optional(string('os_version: "Ubuntu 22.04 server 64bit"'), {
      description: "The operating system on the volume, for capture: system_from_data_disk",
      examples: ["Ubuntu 22.04 server 64bit"],
    }),
    cmk_id: optional(cmkId, {
      description:
        "The key (KMS) that IMS encrypts the image with. Only with capture: system_disk, data_disk and system_from_data_disk",
      examples: ["bd66288c-9081-460a-8227-4cbd0c814cb4"],
    }),
    disk_format: optional(oneOf(DISK_FORMATS), {
      description:
        "Where the image is uploaded from a volume: capture root_volume, volume, snapshot",
      default: BUILT_IN.image.disk_format,
    }),
    visibility: optional(oneOf(VISIBILITIES), {
      description: "Who may use the image",
      default: BUILT_IN.image.visibility,
    }),
    protected: optional(boolean(), {
      description:
        "true: nobody deletes the current and the kept images by mistake, as the image service refuses it. Regild takes its own protection off before it deletes one",
      default: BUILT_IN.image.protected,
    }),
    ...sharing,
  },
  "image: { min_disk: 20 }",
);

const KEPT = { from: 1, to: MOST_KEPT };
const keptByAge = mapping(
  {
    at_least: optional(wholeNumber({ ...KEPT, example: "at_least: 5" }), {
      description: "Images to keep whatever their age, the current one counted",
      default: BUILT_IN.keep,
    }),
    newer_than: optional(duration("newer_than", "30d", MS_PER_MINUTE, false), {
      description: "Images made within this time stay as well",
    }),
  },
  "keep: { at_least: 5, newer_than: 30d }",
);
const keep = z.union([
  wholeNumber({ ...KEPT, example: "keep: 5" }).check(z.meta({ default: BUILT_IN.keep })),
  keptByAge,
]);

/** What a recipe, and `defaults`, may say. Everything is optional here, as either may say it. */
export const recipeFields = mapping(
  {
    cloud: optional(name("cloud: mycloud"), { description: "A name in clouds.yaml" }),
    region_name: optional(name("region_name: RegionOne"), {
      description: "Default: the region that clouds.yaml says",
    }),
    server: optional(sourceName("server: and its id or exact name"), {
      description:
        "Id or exact name, or ${{ inputs.NAME }} with allow_source. A recipe has a server or a volume",
    }),
    volume: optional(sourceName("volume: and its id or exact name"), {
      description:
        "Id or exact name, or ${{ inputs.NAME }} with allow_source. A recipe has a server or a volume",
    }),
    allow_source: optional(allowSource, {
      description:
        "Which servers or volumes a start may name. Needed where server or volume is an input; all of it must match",
    }),
    capture: optional(oneOf(CAPTURES), {
      description:
        "Of a server: server (default; Nova's createImage), root_volume (a full image of its root volume), system_disk, data_disks (an image of each data disk) or full_server (one image with all disks). Of a volume: volume (default; upload), snapshot (upload of a temporary volume, for a volume in use where the cloud refuses to upload it), data_disk or system_from_data_disk. full_server and those with disk in their names are jobs of the IMS of Huawei Cloud and Open Telekom Cloud",
    }),
    vault_id: optional(vaultId, {
      description:
        "For capture: full_server, the id of the server backup vault of CBR that gets the backup of each image",
      examples: ["3b5816b5-f29c-4172-9d9a-76c719a659ce"],
    }),
    schedule: optional(
      z.array(schedule, { error: 'is not a list. Write schedule: [{ cron: "30 2 * * *" }]' }),
      { description: "When runs start by themselves" },
    ),
    timezone: optional(timezone, {
      description: "IANA zone of the schedule",
      default: BUILT_IN.timezone,
    }),
    webhook: optional(webhook, { description: "Which event of which sender starts a run" }),
    inputs: optional(
      z.record(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,39}$/)), input, {
        error: "is not a mapping of names. Write inputs: { version: { from: version } }",
      }),
      {
        description:
          "What a start says of the build: for server or volume, image.name, image.properties and image.version",
      },
    ),
    prepare: optional(prepare, { description: "Before the image is taken" }),
    image: optional(image, { description: "What the image is like" }),
    keep: optional(keep, {
      description:
        "Images to keep, the current one counted. Or a mapping: at_least so many, and those newer_than a time as well",
    }),
    cooling_off: optional(duration("cooling_off", BUILT_IN.cooling_off, 0), {
      description: "How long a retired image stays before it is deleted; 0s: not at all",
    }),
    deadline: optional(duration("deadline", BUILT_IN.deadline, MS_PER_MINUTE), {
      description: "A run that has not promoted its image by then fails, and is undone",
    }),
    max_deletes: optional(wholeNumber({ from: 1, to: MOST_KEPT, example: "max_deletes: 5" }), {
      description: "Images that one clean-up may delete; a plan with more stops and asks",
      default: BUILT_IN.max_deletes,
    }),
    pause_after_failures: optional(
      wholeNumber({ from: 0, to: 100, example: "pause_after_failures: 5" }),
      {
        description: "So many failed runs in a row pause the schedule; 0: never",
        default: BUILT_IN.pause_after_failures,
      },
    ),
    zones: optional(zones, {
      description:
        "Where an image has to be usable before it becomes current, each zone by its image service. Default: where it is made",
      examples: [{ az1: { region_name: "az1" }, az2: { region_name: "az2" } }],
    }),
    settle: optional(duration("settle", BUILT_IN.settle, 0), {
      description:
        "How long an image has to be active before it counts as usable, for clouds that report a failed synchronisation late",
    }),
    test_boot: optional(testBoot, {
      description:
        "A server is booted from each new image. One that does not boot does not become current",
      examples: [{ flavor: "m1.small", console: { expect: "login:", reject: "Kernel panic" } }],
    }),
    if_running: optional(oneOf(IF_RUNNING), {
      description:
        "A start while a run is under way. join: with the same inputs it joins that run, else it is queued; queue: it is queued; skip: it does nothing",
      default: BUILT_IN.if_running,
    }),
    ...lessWork,
    callback: optional(callback, {
      description: "Where the outcome of each run is reported, by a signed webhook",
    }),
    commit_status: optional(commitStatus, {
      description: "The commit at GitHub or GitLab that shows how each run stands",
    }),
    notifications: optional(notifications, {
      description:
        "Names the targets, and the events that each is told of. A recipe's own list replaces the list of defaults. []: nobody is told",
      examples: [[{ to: "ops", events: ["failed", "recovered"] }]],
    }),
    after_promote: optional(oneOf(AFTER_PROMOTE), {
      description:
        "What becomes of a server that a start names, once its image is current. Left out: nothing. Only with allow_source",
    }),
    export: optional(exportTo, {
      description:
        "IMS exports each image that has become current, as a file to a bucket of OBS. Only with capture: system_disk, data_disk and system_from_data_disk",
      examples: [{ bucket: "golden-images", format: "qcow2" }],
    }),
    promote: optional(oneOf(PROMOTIONS), {
      description:
        "auto: a good image becomes current by itself. approve: a person decides, by regild approve or in the chat",
      default: BUILT_IN.promote,
    }),
    approve_within: optional(duration("approve_within", BUILT_IN.approve_within, MS_PER_MINUTE), {
      description: "With promote: approve, an image that nobody has approved by then is rejected",
    }),
  },
  "a recipe's fields below it, such as cloud: and server:",
  // Of a schema that is not allowed, editors do not say which field is one too many.
).check(z.meta({ id: "recipe", dependencies: { server: { properties: { volume: false } } } }));

export type RecipeFields = z.infer<typeof recipeFields>;

export const recipesFile = mapping(
  {
    defaults: optional(recipeFields, {
      description: "Any recipe field; a recipe's own wins, key by key also in prepare and image",
    }),
    recipes: z
      .record(z.string().check(z.meta({ pattern: RECIPE_NAME.source })), recipeFields, {
        error: ({ input }) =>
          `${input === undefined ? "is missing" : "is not a mapping"}. Write recipes: and below it a name with its cloud: and server:`,
      })
      .check(z.meta({ description: "Each by its name" })),
  },
  "recipes: at the beginning of a line",
);

export type RecipesFile = z.infer<typeof recipesFile>;

/** The keys of each mapping. */
export const KNOWN_KEYS = {
  file: Object.keys(recipesFile.shape),
  recipe: Object.keys(recipeFields.shape),
  prepare: PREPARE_KEYS,
  hook: HOOK_KEYS,
  image: Object.keys(image.shape),
  members: MEMBER_KEYS,
  schedule: Object.keys(schedule.shape),
  webhook: Object.keys(webhook.shape),
  inputs: Object.keys(input.shape),
  zones: ZONE_KEYS,
  test_boot: TEST_BOOT_KEYS,
  console: CONSOLE_KEYS,
  probe: PROBE_KEYS,
  keep: Object.keys(keptByAge.shape),
  callback: Object.keys(callback.shape),
  commit_status: Object.keys(commitStatus.shape),
  notifications: NOTIFICATION_KEYS,
  allow_source: Object.keys(allowSource.shape),
  skip_unchanged: SKIP_UNCHANGED_KEYS,
  export: EXPORT_KEYS,
};
