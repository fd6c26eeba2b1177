import { isUnencrypted } from "../config/load/consistency.ts";
import type { Lock } from "../lockfile/lock.ts";
import type { ToolName } from "../lockfile/tools.ts";
import { getRelease } from "../sources/tools/releases.ts";

/** A version that can't change the path of the URL that contains it. */
const versionPattern = /^v\d+\.\d+\.\d+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?(\+k3s\d+)?$/;

/** A program in a lock that is not downloaded from its publisher. */
interface ForeignTool {
  readonly name: ToolName;
  /** Key path in the lock. */
  readonly path: readonly [string, string, string, string] | readonly [string, string, string];
  readonly problem: string;
}

/**
 * Returns the programs that a lock doesn't download from their publishers. Whoever can write the lock chooses the URLs
 * and digests, and so the programs that run as root.
 */
export function findForeignTools(lock: Pick<Lock, "tools">): ForeignTool[] {
  return (Object.keys(lock.tools) as ToolName[]).flatMap((name): ForeignTool[] => {
    const locked = lock.tools[name];
    if (locked === undefined) return [];
    if (!versionPattern.test(locked.version))
      return [
        {
          name,
          path: ["tools", name, "version"],
          problem: `${JSON.stringify(locked.version)} is not an exact version`,
        },
      ];
    return (["amd64", "arm64"] as const).flatMap((arch) => {
      const { url } = getRelease(name, locked.version, arch);
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
 * Returns the hosts from which a lock downloads without TLS. Checksums protect the content. They can't prevent that
 * somebody sees what is downloaded, or blocks it.
 */
export function findPlainHttpHosts({ tools, charts, dashboards }: Lock): string[] {
  const downloads = Object.values(tools).flatMap((tool) => (tool ? [tool.amd64.url, tool.arm64.url] : []));
  const urls = [...downloads, ...[...charts, ...dashboards].flatMap(({ from, url }) => [from, url])];
  const hosts = urls.filter((url) => isUnencrypted(url)).map((url) => new URL(url).host);
  return [...new Set(hosts)].sort();
}
