/** Codes of Node and texts of OpenSSL, each with what it means. Seen on Node 24.21, except for the last group. */
const FAULTS: Array<[RegExp, (host: string, detail: string, at: Places) => string]> = [
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT)$/,
    (host, _detail, { ca }) => `the certificate of ${host} is self-signed. Name its CA in ${ca}`,
  ],
  [
    /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED)$/,
    (host, _detail, { ca }) =>
      `the certificate of ${host} is signed by nobody known here. Name its CA in ${ca}`,
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    (host, _detail, { ca }) =>
      `the certificate of ${host} has expired. Ask its operator to renew it; a new CA goes into ${ca}`,
  ],
  [
    /^CERT_NOT_YET_VALID$/,
    (host, _detail, { ca }) =>
      `the certificate of ${host} is not valid yet. Check this machine's clock, or the certificate in ${ca}`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    (host, detail, { url }) =>
      `the certificate of ${host} is for another name (${detail}). Write a URL with one of those names into ${url}`,
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
    (host, _detail, { client }) =>
      `${host} refuses the TLS connection, most often for want of a client certificate it knows. ${client}`,
  ],
  [
    /^(CERT_|CRL_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|UNABLE_TO_(DECODE|DECRYPT|GET_CRL)|ERROR_IN_CERT)|too[_ ](small|weak)/i,
    (host, detail, { ca }) =>
      `the certificate of ${host} cannot be accepted: ${detail}. Name its CA in ${ca}`,
  ],
];

const CACERT = "cacert: /path/ca.pem (on AWS its PEM text)";
/** Where most certificates are configured. */
const ENTRY = "the entry of this cloud";

/** Where to write what is missing. */
interface Places {
  /** A CA. */
  ca: string;
  url: string;
  /** A sentence about the certificate of Regild itself. */
  client: string;
}

const OF_THE_HOST: Places = {
  ca: "NODE_EXTRA_CA_CERTS=/path/ca.pem in the environment of the host, and start it again",
  url: "regild.yml",
  client: "Regild has none for this address",
};

function placesIn(entry: string): Places {
  return {
    ca: `${entry}: ${CACERT}`,
    url: entry,
    client: `Name it in ${entry}: cert: /path/client.pem and key: /path/client.key`,
  };
}

/**
 * Says why a TLS connection can never come about, and the remedy. Null: some other error, which may pass by itself.
 * @param url of the host that was asked.
 * @param entry where the certificates for it are named. Null: nowhere, the CAs that the host trusts count.
 */
export function tlsFault(error: unknown, url: string, entry: string | null = ENTRY): string | null {
  if (!(error instanceof Error)) return null;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // Node's agent tells OpenSSL's error within an EPROTO, undici by a code of its own.
  const texts = code === "EPROTO" ? [error.message] : [code];
  const found = FAULTS.find(([pattern]) => texts.some((text) => pattern.test(text)));
  if (found !== undefined) {
    const places = entry === null ? OF_THE_HOST : placesIn(entry);
    return found[1](new URL(url).host, detailOf(error), places);
  }
  return error.cause === undefined ? null : tlsFault(error.cause, url, entry);
}

/** The names in the certificate are the server's to choose: cut. */
function detailOf(error: Error): string {
  const names = /altnames: (DNS:.*|IP Address:.*)$/.exec(error.message)?.[1];
  return (names ?? error.message.split(";")[0] ?? "").slice(0, 200);
}
