/** Codes of Node and texts of OpenSSL, each with what it means. Seen on Node 24.21, except for the last group. */
const FAULTS: Array<[RegExp, (host: string, detail: string) => string]> = [
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT)$/,
    (host) => `the certificate of ${host} is self-signed. ${TRUST}`,
  ],
  [
    /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED)$/,
    (host) => `the certificate of ${host} is signed by nobody known here. ${TRUST}`,
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    (host) =>
      `the certificate of ${host} has expired. Ask the cloud's operator to renew it; a new CA goes into the entry, ${CACERT}`,
  ],
  [
    /^CERT_NOT_YET_VALID$/,
    (host) =>
      `the certificate of ${host} is not valid yet. Check this machine's clock, or the certificate in the entry, ${CACERT}`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    (host, detail) =>
      `the certificate of ${host} is for another name (${detail}). Write a URL with one of those names into the entry`,
  ],
  [
    /alert[_ ]protocol[_ ]version|unsupported[_ ]protocol|no[_ ]protocols[_ ]available/i,
    (host) => `${host} and Regild have no TLS version in common: Regild needs TLS 1.2 or 1.3`,
  ],
  [
    /wrong[_ ]version[_ ]number|packet[_ ]length[_ ]too[_ ]long|http[_ ]request/i,
    (host) => `${host} does not answer with TLS. Check the port, or write http:// for https://`,
  ],
  [
    /alert[_ ](certificate[_ ]required|handshake[_ ]failure|bad[_ ]certificate|unknown[_ ]ca|certificate[_ ]unknown)/i,
    (host) =>
      `${host} refuses the TLS connection, most often for want of a client certificate it knows. Name it in the entry: cert: /path/client.pem and key: /path/client.key`,
  ],
  [
    /^(CERT_|CRL_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|UNABLE_TO_(DECODE|DECRYPT|GET_CRL)|ERROR_IN_CERT)|too[_ ](small|weak)/i,
    (host, detail) => `the certificate of ${host} cannot be accepted: ${detail}. ${TRUST}`,
  ],
];

const CACERT = "cacert: /path/ca.pem (on AWS its PEM text)";
const TRUST = `Name its CA in the entry of this cloud: ${CACERT}`;

/**
 * Says why a TLS connection can never come about, and the remedy. Null: some other error, which may pass by itself.
 * @param url of the host that was asked.
 */
export function tlsFault(error: unknown, url: string): string | null {
  if (!(error instanceof Error)) return null;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // Node's agent tells OpenSSL's error within an EPROTO, undici by a code of its own.
  const texts = code === "EPROTO" ? [error.message] : [code];
  const found = FAULTS.find(([pattern]) => texts.some((text) => pattern.test(text)));
  if (found !== undefined) return found[1](new URL(url).host, detailOf(error));
  return error.cause === undefined ? null : tlsFault(error.cause, url);
}

/** The names in the certificate are the server's to choose: cut. */
function detailOf(error: Error): string {
  const names = /altnames: (DNS:.*|IP Address:.*)$/.exec(error.message)?.[1];
  return (names ?? error.message.split(";")[0] ?? "").slice(0, 200);
}
