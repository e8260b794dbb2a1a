/** Codes of Node and texts of OpenSSL, each with what it means. Seen on Node 24.21, except for the last group. */
const FAULTS: Array<[RegExp, (host: string, detail: string, entry: string) => string]> = [
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT)$/,
    (host, _detail, entry) => `the certificate of ${host} is self-signed. ${trustIn(entry)}`,
  ],
  [
    /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED)$/,
    (host, _detail, entry) =>
      `the certificate of ${host} is signed by nobody known here. ${trustIn(entry)}`,
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    (host, _detail, entry) =>
      `the certificate of ${host} has expired. Ask its operator to renew it; a new CA goes into ${entry}, ${CACERT}`,
  ],
  [
    /^CERT_NOT_YET_VALID$/,
    (host, _detail, entry) =>
      `the certificate of ${host} is not valid yet. Check this machine's clock, or the certificate in ${entry}, ${CACERT}`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    (host, detail, entry) =>
      `the certificate of ${host} is for another name (${detail}). Write a URL with one of those names into ${entry}`,
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
    (host, _detail, entry) =>
      `${host} refuses the TLS connection, most often for want of a client certificate it knows. Name it in ${entry}: cert: /path/client.pem and key: /path/client.key`,
  ],
  [
    /^(CERT_|CRL_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|UNABLE_TO_(DECODE|DECRYPT|GET_CRL)|ERROR_IN_CERT)|too[_ ](small|weak)/i,
    (host, detail, entry) =>
      `the certificate of ${host} cannot be accepted: ${detail}. ${trustIn(entry)}`,
  ],
];

const CACERT = "cacert: /path/ca.pem (on AWS its PEM text)";
/** Where most certificates are configured. */
const ENTRY = "the entry of this cloud";

function trustIn(entry: string): string {
  return `Name its CA in ${entry}: ${CACERT}`;
}

/**
 * Says why a TLS connection can never come about, and the remedy. Null: some other error, which may pass by itself.
 * @param url of the host that was asked.
 * @param entry where the certificates for it are named.
 */
export function tlsFault(error: unknown, url: string, entry = ENTRY): string | null {
  if (!(error instanceof Error)) return null;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // Node's agent tells OpenSSL's error within an EPROTO, undici by a code of its own.
  const texts = code === "EPROTO" ? [error.message] : [code];
  const found = FAULTS.find(([pattern]) => texts.some((text) => pattern.test(text)));
  if (found !== undefined) return found[1](new URL(url).host, detailOf(error), entry);
  return error.cause === undefined ? null : tlsFault(error.cause, url, entry);
}

/** The names in the certificate are the server's to choose: cut. */
function detailOf(error: Error): string {
  const names = /altnames: (DNS:.*|IP Address:.*)$/.exec(error.message)?.[1];
  return (names ?? error.message.split(";")[0] ?? "").slice(0, 200);
}
