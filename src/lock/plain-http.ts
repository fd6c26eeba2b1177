import { isOpen } from "../config/load/plain-http.ts";
import type { Lock } from "../lockfile/lock.ts";

/**
 * The hosts that a lock fetches from without TLS. The checksums hold what comes from there; that somebody sees what is
 * fetched, or keeps it back, they can't prevent.
 */
export function plainHttpHosts({ tools, charts, dashboards }: Lock): string[] {
  const downloads = Object.values(tools).flatMap((tool) => (tool ? [tool.amd64.url, tool.arm64.url] : []));
  const urls = [...downloads, ...[...charts, ...dashboards].flatMap(({ from, url }) => [from, url])];
  const hosts = urls.filter((url) => isOpen(url)).map((url) => new URL(url).host);
  return [...new Set(hosts)].sort();
}
