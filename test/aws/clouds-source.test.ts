import { beforeEach, describe, expect, it } from "vitest";
import { CloudsSource } from "../../shared/lambda/clouds-source.ts";

const entry = (more = "") =>
  `clouds: { mycloud: { auth: { auth_url: "http://k/v3", username: u, password: s3cr3t, project_name: p, user_domain_name: d, project_domain_name: d }${more} } }`;

let text: string;
let nowMs: number;
let reads: number;
let fails: boolean;
let logged: string[];
let source: CloudsSource;

beforeEach(() => {
  text = entry();
  nowMs = 0;
  reads = 0;
  fails = false;
  logged = [];
  const log = (message: string, fields: Record<string, unknown> = {}) => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  source = new CloudsSource({
    read: async () => {
      reads += 1;
      if (fails) throw new Error("AccessDenied");
      return text;
    },
    file: "/regild/prod/clouds.yaml",
    http: () => ({ send: async () => ({ kind: "failure", sent: false, reason: "no network" }) }),
    log: { info: log, warn: log, error: log },
    timing: { windowMs: 1, callTimeoutMs: 1, skewMs: 1, graceMs: 3 },
    now: () => nowMs,
  });
});

describe("clouds.yaml on AWS", () => {
  it("is read once, and again five minutes later; the same text keeps its tokens", async () => {
    const first = await source.open();
    nowMs = 299_999;
    expect(await source.open()).toBe(first);
    expect(reads).toBe(1);
    nowMs = 300_000;
    expect(await source.open()).toBe(first);
    expect(reads).toBe(2);
    text = entry(", region_name: R");
    nowMs = 600_000;
    expect(await source.open()).not.toBe(first);
  });

  it("stays in use when it cannot be read again, and without it nothing begins", async () => {
    fails = true;
    await expect(source.open()).rejects.toThrow("AccessDenied");
    fails = false;
    const first = await source.open();
    fails = true;
    nowMs = 400_000;
    expect(await source.open()).toBe(first);
    expect(logged).toEqual([expect.stringContaining("used as read before")]);
  });

  it.each(["cacert", "cert", "key"])("holds %s as text, since no file is there", async (field) => {
    text = entry(`, ${field}: /etc/ssl/ca.pem`);
    const clouds = await source.open();
    expect(() => clouds.open({ cloud: "mycloud", region: null }, () => {})).toThrow(
      'clouds.yaml has no entry "mycloud"',
    );
    expect(logged.join()).toContain(`clouds.mycloud.${field}`);
    text = entry(`, ${field}: "-----BEGIN CERTIFICATE-----"`);
    nowMs = 300_000;
    const fixed = await source.open();
    expect(fixed.open({ cloud: "mycloud", region: null }, () => {})).toBeDefined();
  });

  it("tells what is wrong with an entry, and no secret", async () => {
    text = entry().replace("username: u,", "");
    await source.open();
    expect(logged).toEqual([expect.stringContaining("cloud cannot be used")]);
    expect(logged.join()).not.toContain("s3cr3t");
  });
});
