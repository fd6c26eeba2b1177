import { isUnencrypted } from "../config/load/consistency.ts";
import type { Lock } from "../lockfile/lock.ts";
import type { ToolName } from "../lockfile/tools.ts";
import { releaseOf } from "../sources/tools/releases.ts";

/** A version as it stands in the path of a release's URL: nothing in it changes which path that is. */
const version = /^v\d+\.\d+\.\d+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?(\+k3s\d+)?$/;

/** A program in a lock that comes from elsewhere than its publisher. */
interface ForeignTool {
  readonly name: ToolName;
  /** Key path in the lock. */
  readonly path: readonly [string, string, string, string] | readonly [string, string, string];
  readonly problem: string;
}

/**
 * Programs that a lock takes from elsewhere than their publishers. A lock says where programs come from and what their
 * bytes must be, so whoever may write it chooses what runs as root.
 */
export function findForeignTools(lock: Pick<Lock, "tools">): ForeignTool[] {
  return (Object.keys(lock.tools) as ToolName[]).flatMap((name): ForeignTool[] => {
    const locked = lock.tools[name];
    if (locked === undefined) return [];
    if (!version.test(locked.version))
      return [
        {
          name,
          path: ["tools", name, "version"],
          problem: `${JSON.stringify(locked.version)} is not an exact version`,
        },
      ];
    return (["amd64", "arm64"] as const).flatMap((arch) => {
      const { url } = releaseOf(name, locked.version, arch);
      if (locked[arch].url === url) return [];
      return [
        {
          name,
          path: ["tools", name, arch, "url"],
          problem: `it is not where ${name} is published; expected ${url}`,
        },
      ];
    });
  });
}

/**
 * The hosts that a lock fetches from without TLS. The checksums hold what comes from there; that somebody sees what is
 * fetched, or keeps it back, they can't prevent.
 */
export function findPlainHttpHosts({ tools, charts, dashboards }: Lock): string[] {
  const downloads = Object.values(tools).flatMap((tool) => (tool ? [tool.amd64.url, tool.arm64.url] : []));
  const urls = [...downloads, ...[...charts, ...dashboards].flatMap(({ from, url }) => [from, url])];
  const hosts = urls.filter((url) => isUnencrypted(url)).map((url) => new URL(url).host);
  return [...new Set(hosts)].sort();
}
