import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { UserError } from "../lib/errors.ts";
import type { Host } from "./host.ts";

/** Where clouds answer any process of a machine with the machine's own credentials. */
const metadataServices = new BlockList();
metadataServices.addSubnet("169.254.0.0", 16, "ipv4");
metadataServices.addSubnet("fe80::", 10, "ipv6");
// AWS and Google Cloud over IPv6, Azure, Alibaba Cloud, Oracle Cloud.
metadataServices.addAddress("fd00:ec2::254", "ipv6");
metadataServices.addAddress("fd20:ce::254", "ipv6");
metadataServices.addAddress("fd00:c1::a9fe:a9fe", "ipv6");
// The first one in other words: NAT64, and IPv4 addresses as IPv6 writes them.
for (const prefix of ["64:ff9b::", "::ffff:0:", "::"])
  metadataServices.addSubnet(`${prefix}a9fe:0`, 112, "ipv6");
metadataServices.addAddress("168.63.129.16", "ipv4");
metadataServices.addAddress("100.100.100.200", "ipv4");
metadataServices.addAddress("192.0.0.192", "ipv4");

type Fetches = Pick<Host, "fetch" | "fetchOutside">;

/**
 * Requests of which none goes to a cloud's metadata service: a stranger's file chooses where some of them go. A pod is
 * kept away from it by many clouds, a process of the machine is not.
 */
export function guardFetch(host: Fetches): Fetches {
  return {
    fetch: async (url, init) => {
      await refuseMetadata(url);
      return await host.fetch(url, init);
    },
    fetchOutside: async (url, init) => {
      await refuseMetadata(url);
      return await host.fetchOutside(url, init);
    },
  };
}

async function refuseMetadata(url: string | URL): Promise<void> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  // A name that this machine can't resolve may be one that only a proxy knows.
  const found = isIP(host) ? [{ address: host }] : await lookup(host, { all: true }).catch(() => []);
  const refused = found.find(({ address }) =>
    metadataServices.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"),
  );
  if (refused === undefined) return;
  throw new UserError(
    `${host} is not asked: ${refused.address} can be a metadata service with credentials of this machine`,
    {
      fix: "name another address, or set trust: full if you know who wrote the configuration",
    },
  );
}
