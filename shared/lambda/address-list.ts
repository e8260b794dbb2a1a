import { BlockList, isIP } from "node:net";

/**
 * @param nets as in `10.0.0.0/8`, of either family.
 * @returns whether a text is an address of one of them, also an IPv4 address in the form of IPv6. True of what is no address.
 */
export function addressList(nets: readonly string[]): (text: string) => boolean {
  const list = new BlockList();
  for (const net of nets) {
    const [address = "", prefix] = net.split("/");
    list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return (text) => isIP(text) === 0 || list.check(text, familyOf(text));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
