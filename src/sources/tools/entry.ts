import type { Host } from "../../host/host.ts";
import { joinBelow } from "../../lib/path.ts";
import { isRelease } from "../../lib/tool-version.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { toolCacheFolder } from "../cache-folders.ts";

/**
 * Which program is wanted, by its bytes. Only who asks knows them: the lock, the publisher or the bundle. Nothing that
 * lies in the cache says what an entry must be.
 */
export interface ToolKey {
  readonly name: ToolName;
  /** As upstream writes it. */
  readonly version: string;
  /** Hex: of the file as it is published (for helm the archive), or of the program in a bundle. */
  readonly sha256: string;
  /** The digest of the bundle that says so, hex. Such an entry serves runs with that bundle only. */
  readonly bundle?: string | undefined;
}

/** The folder of an entry, absolute: its path has the sha256 of what it holds. */
export function entryOf(host: Host, key: ToolKey): string {
  if (!isRelease(key.name, key.version))
    throw new Error(`${JSON.stringify(key.version.slice(0, 80))} is not a release of ${key.name}`);
  return joinBelow(toolCacheFolder(host), entryName(key.name), versionKey(key.version), slotOf(key));
}

export function slotOf({ sha256, bundle }: ToolKey): string {
  return bundle === undefined ? sha256 : `${bundlePrefix}${bundle}-${sha256}`;
}

const bundlePrefix = "bundle-";

/** What an entry's folder is called by; undefined for what an earlier version kept, which no run uses any more. */
export function readSlot(slot: string): Pick<ToolKey, "sha256" | "bundle"> | undefined {
  const [, bundle, sha256] = /^(?:bundle-([0-9a-f]{64})-)?([0-9a-f]{64})$/.exec(slot) ?? [];
  return sha256 === undefined ? undefined : { sha256, bundle };
}

/**
 * The tool cache names its folders by `semver.clean`, which drops the build part: v1.36.3+k3s1 and v1.36.3+k3s2 would
 * be one. As a pre-release it stays.
 */
export function versionKey(version: string): string {
  const [release = "", build] = version.replace(/^v/, "").split("+");
  return build === undefined ? release : `${release}-${build}`;
}

/** The version that `versionKey` made a folder's name of. */
export function versionOfKey(key: string): string {
  return `v${key.replace(/-(k3s\d+)$/, "+$1")}`;
}

/** Of monstack's entries in the tool cache, each `<prefix><tool>/<version>/<sha256>`. */
export const ownPrefix = "monstack-";

/** Not just `helm`: runners have tools of that name in their cache, put there by others and without our checksum. */
export function entryName(tool: ToolName): string {
  return `${ownPrefix}${tool}`;
}

/** The file that says that a folder of the tool cache is whole; it is touched whenever the entry is taken. */
export function markerOf(folder: string): string {
  return `${folder}.complete`;
}
