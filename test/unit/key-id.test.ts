import { expect, it } from "vitest";
import { keyIdOf, publicKeyOf } from "../../shared/provenance/dsse.ts";

/** Made by `openssl genpkey -algorithm ed25519`. */
const KEY = publicKeyOf(`-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAnlH2/wHpc0ZtvvC798WhaifN82CZ3iHQAr7Zej3CMoQ=
-----END PUBLIC KEY-----
`);

it("a key's id is the fingerprint that ssh-keygen -l shows, as cosign takes no other one in a bundle", () => {
  expect(keyIdOf(KEY)).toBe("SHA256:6eXEBg+9Ldrgx0rpjIQEOxIa9ADXx6GRLecCN0oZVQ0");
});
