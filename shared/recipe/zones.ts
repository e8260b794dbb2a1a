import * as z from "zod/mini";
import { mapping, name, optional, rule, string } from "./field.ts";

const EXAMPLE = "zones: { az1: { region_name: az1 }, az2: { region_name: az2 } }";

/** As long as names of regions and entries are anywhere. */
const ZONE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function urlProblem(text: string): string | null {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? null
    : "is no http or https URL. Write the image service's URL as the catalog has it (openstack catalog show image)";
}

const distribute = z.union([
  z.boolean({ error: "is not true, false or stream. Write distribute: true" }),
  z.literal("stream"),
]);

const zone = mapping(
  {
    region_name: optional(name("region_name: az2"), {
      description:
        "The zone's image service is that of this region; with cloud, a region of that entry",
    }),
    endpoint: optional(string("endpoint: https://image.example.com").check(rule(urlProblem)), {
      description: "The zone's image service is at this URL of the catalog",
    }),
    cloud: optional(name("cloud: mycloud-az2"), {
      description: "The zone's image service is that of this entry of clouds.yaml",
    }),
    store: optional(name("store: ceph-b"), {
      description: "The zone is this store of the image service that makes the image",
    }),
    distribute: optional(distribute, {
      description:
        "Regild has each image copied there, because the cloud does not. stream: Regild itself carries it",
    }),
    agency_name: optional(name("agency_name: ims_copy_image"), {
      description:
        "On Huawei Cloud, the agency that lets IMS work in the zone's region: IMS copies each image there. Write distribute: true beside it",
    }),
  },
  "az2: { region_name: az2 }",
).check(
  rule((written) => {
    const { region_name: region, endpoint, cloud, store, distribute: copied } = written;
    const isService = region !== undefined || endpoint !== undefined || cloud !== undefined;
    if (store !== undefined && isService)
      return "names a store and an image service. Write store alone: it is one of the image service that makes the image";
    if (store !== undefined && copied === "stream")
      return "has a store and distribute: stream. Write distribute: true, and the image service copies the image to that store";
    if (store === undefined && !isService)
      return "names no image service. Write region_name, endpoint, cloud or store";
    return endpoint !== undefined && (region !== undefined || cloud !== undefined)
      ? "names two image services. Write endpoint alone, or region_name and cloud"
      : agencyProblem(written);
  }),
);

function agencyProblem({
  agency_name: agency,
  distribute: copied,
  endpoint,
  store,
}: Written): string | null {
  if (agency === undefined) return null;
  if (store !== undefined || endpoint !== undefined)
    return "has agency_name, by which IMS copies to a region. Write region_name or cloud";
  return copied === true ? null : "has agency_name without distribute: true. Write both, or none";
}

interface Written {
  agency_name?: string | undefined;
  distribute?: boolean | "stream" | undefined;
  endpoint?: string | undefined;
  store?: string | undefined;
}

/** Where an image has to be usable before it becomes current. */
export const zones = z
  .record(
    z.string().check(
      z.regex(ZONE_NAME, {
        error: "is no zone's name. Write letters, digits, dots, dashes and underscores, at most 64",
      }),
    ),
    zone,
    { error: `is not a mapping of zones. Write ${EXAMPLE}` },
  )
  .check(
    rule((all) =>
      Object.keys(all).length > MOST_ZONES ? `has over ${MOST_ZONES} zones. Take some out` : null,
    ),
  );

/** Each is asked at every look at an image. */
const MOST_ZONES = 16;

/** An image service fetches from another region of its own cloud only. IMS copies to any region of its own. */
export function isStreamed({
  distribute: is,
  cloud,
  endpoint,
  agency_name: agency,
}: z.output<typeof zone>): boolean {
  if (agency !== undefined) return false;
  return is === "stream" || (is === true && (cloud !== undefined || endpoint !== undefined));
}

export const ZONE_KEYS = Object.keys(zone.shape);
