import { createHmac, createPrivateKey, sign } from "node:crypto";

/** The workspaces of these tests: what each platform signs with, and its ids. */

/** Of Slack's documentation. */
export const SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
export const MATTERMOST_TOKEN = "xr3j5x3p4pfk7kk6ck7b4e6ghh";
/** Of Microsoft's documentation. */
export const TEAMS_TOKEN = "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=";
/** RFC 8032, section 7.1, test 3. */
export const DISCORD_PUBLIC_KEY =
  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
const DISCORD_SEED = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";

export function slackSignature(secret: string, seconds: number, body: string): string {
  return `v0=${createHmac("sha256", secret).update(`v0:${seconds}:${body}`).digest("hex")}`;
}

export function teamsSignature(token: string, body: string): string {
  const hmac = createHmac("sha256", Buffer.from(token, "base64")).update(body, "utf8");
  return `HMAC ${hmac.digest("base64")}`;
}

/** An Ed25519 private key in DER begins with these bytes (RFC 8410, section 7). */
const PKCS8_PREFIX = "302e020100300506032b657004220420";
const privateKey = createPrivateKey({
  key: Buffer.from(PKCS8_PREFIX + DISCORD_SEED, "hex"),
  format: "der",
  type: "pkcs8",
});

export function discordSignature(seconds: number, body: string): string {
  return sign(null, Buffer.from(`${seconds}${body}`, "utf8"), privateKey).toString("hex");
}
