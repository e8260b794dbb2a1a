import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates } from "node:tls";

type Env = Readonly<Record<string, string | undefined>>;

/** A variable that names certificates that cannot be used. */
export interface RootsProblem {
  name: string;
  message: string;
}

/** Where distributions keep the CAs they trust (the list of Go's crypto/x509, root_linux.go and root_bsd.go). */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * The CAs to trust where an entry names none, as PEM texts: those of REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE alone
 * (requests/sessions.py, `merge_environment_settings`), else those of the system, which SSL_CERT_FILE and SSL_CERT_DIR
 * name (OpenSSL), else the distribution's bundle, else Node's own. NODE_EXTRA_CA_CERTS adds to each.
 */
export function trustedRoots(env: Env): { roots: () => string[] } | { problem: RootsProblem } {
  const chosen =
    pathIn(env, "REQUESTS_CA_BUNDLE") ??
    pathIn(env, "CURL_CA_BUNDLE") ??
    pathIn(env, "SSL_CERT_FILE");
  if (chosen !== null) {
    const { name, path } = chosen;
    const pems = certificatesAt(path);
    if (typeof pems === "string") return { problem: { name, message: `${path} ${pems}` } };
    const folders = name === "SSL_CERT_FILE" ? certificateFolders(env) : [];
    return { roots: () => unique(pems, folders, getCACertificates("extra")) };
  }
  return {
    roots: () => {
      const found = unique(systemBundle(), certificateFolders(env));
      return unique(
        found.length > 0 ? found : getCACertificates("bundled"),
        getCACertificates("extra"),
      );
    },
  };
}

function pathIn(env: Env, name: string): { name: string; path: string } | null {
  const path = env[name] ?? "";
  return path === "" ? null : { name, path };
}

/** OpenSSL's list of folders. Ignores missing ones, as OpenSSL does. */
function certificateFolders(env: Env): string[] {
  return (env["SSL_CERT_DIR"] ?? "").split(":").flatMap((folder) => {
    const pems = folder === "" ? [] : certificatesAt(folder);
    return typeof pems === "string" ? [] : pems;
  });
}

function systemBundle(): string[] {
  const path = BUNDLES.find((each) => existsSync(each));
  const pems = path === undefined ? [] : certificatesAt(path);
  return typeof pems === "string" ? [] : pems;
}

/** All certificates of a file, or of a folder's files. Otherwise the reason why there are none. */
function certificatesAt(path: string): string[] | string {
  try {
    const files = statSync(path).isDirectory()
      ? readdirSync(path).map((name) => join(path, name))
      : [path];
    const pems = files.flatMap((file) => certificatesIn(textOf(file)));
    return pems.length === 0 ? "holds no certificate (-----BEGIN CERTIFICATE-----)" : pems;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A folder may hold other folders, and links that lead nowhere. */
function textOf(file: string): string {
  if (!existsSync(file) || statSync(file).isDirectory()) return "";
  return readFileSync(file, "latin1");
}

export function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function unique(...lists: string[][]): string[] {
  return [...new Set(lists.flat().map((pem) => pem.trim()))];
}
