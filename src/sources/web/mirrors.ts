import { normalizeRegistryHost } from "../../config/registries.ts";
import { getOwnValue } from "../../lib/object.ts";

/** Prefixes of URLs, each with its replacement, as in `Config.mirrors`. */
export type Mirrors = Readonly<Record<string, string>>;

/**
 * Returns the URL to request instead of `url`: the longest matching key is replaced by its value, once. A key matches
 * whole path segments only, so `https://get.helm.sh` never matches `https://get.helm.sh.example`. If a key is only a
 * scheme (`https://`), the host becomes the first folder. Keys without `://` are image registries and are ignored.
 */
export function applyMirrors(url: string, mirrors: Mirrors): string {
  const key = Object.keys(mirrors)
    .filter((prefix) => prefix.includes("://") && hasPrefix(url, prefix))
    .sort((a, b) => b.length - a.length)[0];
  const target = key === undefined ? undefined : mirrors[key];
  if (key === undefined || target === undefined) return url;
  const rest = url.slice(key.length);
  if (rest === "" || rest.startsWith("?")) return target + rest;
  return `${target.replace(/(?<!\/)\/+$/, "")}/${rest.replace(/^\/+/, "")}`;
}

/** The parts of an image registry's address: `http://mirror:5000/v2/docker.io` -> `http://`, `mirror:5000`, `docker.io`. */
export interface Registry {
  /** With `://`; empty if the address has none. */
  readonly scheme: string;
  readonly host: string;
  /** Without `/v2` and outer slashes; empty if the URL has no path. */
  readonly path: string;
}

/** Splits an image registry's address, with or without `/v2`, the root of the registry protocol. */
export function parseRegistry(address: string): Registry {
  const scheme = /^[a-z]+:\/\//.exec(address)?.[0] ?? "";
  const [host = "", ...folders] = address.slice(scheme.length).split("/");
  const path = folders.filter((folder) => folder !== "");
  return { scheme, host, path: (path[0] === "v2" ? path.slice(1) : path).join("/") };
}

/**
 * Returns the URL from which to pull a chart in an image registry (`oci://ghcr.io/org/chart`): through a key
 * `oci://...` as in `applyMirrors`, else through the mirror for the registry's images.
 */
export function applyMirrorsToOci(url: string, mirrors: Mirrors): { url: string; plainHttp: boolean } {
  const mirroredUrl = applyMirrors(url, mirrors);
  const { host, path } = parseRegistry(url);
  const target = getOwnValue(mirrors, normalizeRegistryHost(host));
  if (mirroredUrl !== url || target === undefined) return { url: mirroredUrl, plainHttp: false };
  const registry = parseRegistry(target);
  // helm accepts no login in a URL, and every user can read its arguments.
  const parts = [registry.host.replace(/^.*@/, ""), registry.path, path].filter((part) => part !== "");
  return { url: `oci://${parts.join("/")}`, plainHttp: registry.scheme === "http://" };
}

/** True if a URL begins with a prefix that ends at the border of a path segment. */
function hasPrefix(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  return prefix.endsWith("/") || ["", "/", "?"].includes(url.charAt(prefix.length));
}
