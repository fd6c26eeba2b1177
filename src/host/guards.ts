import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { UserError } from "../lib/errors.ts";
import type { Files, Host } from "./host.ts";
import type { Workspace } from "./workspace.ts";

/** Which file operations are checked for links that lead out of the workspace. */
export interface GuardRule {
  readonly workspace: Workspace;
  /** True to check reads too; false to check writes only. */
  readonly checksReads: boolean;
  /** Absolute folders that belong to this user only. They may be links that lead out of the workspace. */
  readonly ownFolders: readonly string[];
}

/**
 * Returns file operations that refuse a path below the workspace if its links lead out of it: a checkout can contain a
 * link to anywhere. Paths outside the workspace are not checked here, but where the configuration names them.
 */
export function guardFiles(files: Files, rule: GuardRule): Files {
  const checkWrite = (path: string) => refuseLinksOut(path, rule);
  const checkRead = (path: string) => {
    if (rule.checksReads) refuseLinksOut(path, rule);
  };
  return {
    ...files,
    read: async (path) => {
      checkRead(path);
      return await files.read(path);
    },
    stream: (path) => {
      checkRead(path);
      return files.stream(path);
    },
    open: async (path, how) => {
      (how === "read" ? checkRead : checkWrite)(path);
      return await files.open(path, how);
    },
    list: async (path) => {
      checkRead(path);
      return await files.list(path);
    },
    exists: async (path) => {
      checkRead(path);
      return await files.exists(path);
    },
    write: async (path, content, mode) => {
      checkWrite(path);
      await files.write(path, content, mode);
    },
    append: async (path, pieces, mode) => {
      checkWrite(path);
      await files.append(path, pieces, mode);
    },
    appendDurably: async (path, line) => {
      checkWrite(path);
      await files.appendDurably(path, line);
    },
    rename: async (from, to) => {
      checkWrite(from);
      checkWrite(to);
      await files.rename(from, to);
    },
    renameFolder: async (from, to) => {
      checkWrite(from);
      checkWrite(to);
      return await files.renameFolder(from, to);
    },
    mkdir: async (path, mode) => {
      checkWrite(path);
      await files.mkdir(path, mode);
    },
    remove: async (path) => {
      checkWrite(path);
      await files.remove(path);
    },
  };
}

/** Throws if a path that is named below the workspace leads out of it. @throws UserError with the reason */
export function refuseLinksOut(path: string, { workspace, ownFolders }: GuardRule): void {
  if (!workspace.isNamedBelow(path)) return;
  if (ownFolders.some((folder) => path === folder || path.startsWith(`${folder}/`))) return;
  const reason = workspace.findRefusal(path);
  if (reason === undefined) return;
  throw new UserError(`${path} is not touched: ${reason} (${workspace.folder})`, {
    fix: "remove the link, or name what it leads to",
  });
}

/** Addresses at which a cloud gives the machine's credentials to any process of the machine. */
const metadataServices = new BlockList();
metadataServices.addSubnet("169.254.0.0", 16, "ipv4");
metadataServices.addSubnet("fe80::", 10, "ipv6");
// AWS and Google Cloud over IPv6, Azure, Alibaba Cloud, Oracle Cloud.
metadataServices.addAddress("fd00:ec2::254", "ipv6");
metadataServices.addAddress("fd20:ce::254", "ipv6");
metadataServices.addAddress("fd00:c1::a9fe:a9fe", "ipv6");
// 169.254.0.0/16 in IPv6 notations: NAT64, and embedded IPv4 addresses.
for (const prefix of ["64:ff9b::", "::ffff:0:", "::"])
  metadataServices.addSubnet(`${prefix}a9fe:0`, 112, "ipv6");
metadataServices.addAddress("168.63.129.16", "ipv4");
metadataServices.addAddress("100.100.100.200", "ipv4");
metadataServices.addAddress("192.0.0.192", "ipv4");

type Fetches = Pick<Host, "fetch" | "fetchOutside">;

/**
 * Returns the request functions with a check that refuses a cloud's metadata service: an untrusted configuration
 * chooses some of the addresses. Many clouds block pods from this service, but not the machine's processes.
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

/** Throws if a URL's host is, or resolves to, the address of a metadata service. @throws UserError with the address */
async function refuseMetadata(url: string | URL): Promise<void> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  // A name that this machine can't resolve may be one that only a proxy knows.
  const addresses = isIP(host) ? [{ address: host }] : await lookup(host, { all: true }).catch(() => []);
  const metadataAddress = addresses.find(({ address }) =>
    metadataServices.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"),
  );
  if (metadataAddress === undefined) return;
  throw new UserError(
    `${host} is not asked: ${metadataAddress.address} can be a metadata service with credentials of this machine`,
    {
      fix: "name another address, or set trust: full if you know who wrote the configuration",
    },
  );
}
