import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { UserError } from "../lib/errors.ts";
import type { Files, Host } from "./host.ts";
import type { Workspace } from "./workspace.ts";

export interface GuardRule {
  readonly workspace: Workspace;
  /** Read, too, only what really lies in the workspace; else only what is written is looked at. */
  readonly reads: boolean;
  /** Absolute folders that are nobody's but this user's, wherever they lie: they may be links. */
  readonly own: readonly string[];
}

/**
 * Files of which those that are named below the workspace must lie there, links followed: a checkout can hold a link to
 * anywhere. What is named elsewhere is not looked at: whether a file may name that is asked where it is read.
 */
export function guardFiles(files: Files, rule: GuardRule): Files {
  const write = (path: string) => refuseLinksOut(path, rule);
  const read = (path: string) => {
    if (rule.reads) refuseLinksOut(path, rule);
  };
  return {
    ...files,
    read: async (path) => {
      read(path);
      return await files.read(path);
    },
    stream: (path) => {
      read(path);
      return files.stream(path);
    },
    list: async (path) => {
      read(path);
      return await files.list(path);
    },
    exists: async (path) => {
      read(path);
      return await files.exists(path);
    },
    write: async (path, content, mode) => {
      write(path);
      await files.write(path, content, mode);
    },
    append: async (path, pieces, mode) => {
      write(path);
      await files.append(path, pieces, mode);
    },
    appendDurably: async (path, line) => {
      write(path);
      await files.appendDurably(path, line);
    },
    rename: async (from, to) => {
      write(from);
      write(to);
      await files.rename(from, to);
    },
    renameFolder: async (from, to) => {
      write(from);
      write(to);
      return await files.renameFolder(from, to);
    },
    mkdir: async (path, mode) => {
      write(path);
      await files.mkdir(path, mode);
    },
    remove: async (path) => {
      write(path);
      await files.remove(path);
    },
  };
}

/** @throws UserError for a path that is named below the workspace and leads out of it */
export function refuseLinksOut(path: string, { workspace, own }: GuardRule): void {
  if (!workspace.isNamedBelow(path)) return;
  if (own.some((folder) => path === folder || path.startsWith(`${folder}/`))) return;
  const why = workspace.refusal(path);
  if (why === undefined) return;
  throw new UserError(`${path} is not touched: ${why} (${workspace.folder})`, {
    fix: "remove the link, or name what it leads to",
  });
}

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
