import { registryName } from "../../config/registries/registries.ts";
import { ownValue } from "../../lib/object.ts";

/** Prefix to prefix, as in `Config.mirrors`. */
export type Mirrors = Readonly<Record<string, string>>;

/**
 * The address to ask instead of `url`: the longest URL prefix among the keys is replaced, once. A key matches whole
 * path segments only, so `https://get.helm.sh` never takes `https://get.helm.sh.example`. A key that is just a scheme
 * (`https://`) makes the host the first folder. Keys without `://` are image registries and don't count here.
 */
export function mirrored(url: string, mirrors: Mirrors): string {
  const key = Object.keys(mirrors)
    .filter((prefix) => prefix.includes("://") && matches(url, prefix))
    .sort((a, b) => b.length - a.length)[0];
  const target = key === undefined ? undefined : mirrors[key];
  if (key === undefined || target === undefined) return url;
  const rest = url.slice(key.length);
  if (rest === "" || rest.startsWith("?")) return target + rest;
  return `${target.replace(/(?<!\/)\/+$/, "")}/${rest.replace(/^\/+/, "")}`;
}

/** An image registry, taken apart: `http://mirror:5000/v2/docker.io` -> `http://`, `mirror:5000`, `docker.io`. */
export interface Registry {
  /** With `://`; empty when none was given. */
  readonly scheme: string;
  readonly host: string;
  /** Without `/v2` and outer slashes; empty when there is none. */
  readonly path: string;
}

/** Takes an image registry's address apart; `/v2`, the root of the registry protocol, may stand in it or not. */
export function parseRegistry(address: string): Registry {
  const scheme = /^[a-z]+:\/\//.exec(address)?.[0] ?? "";
  const [host = "", ...folders] = address.slice(scheme.length).split("/");
  const path = folders.filter((folder) => folder !== "");
  return { scheme, host, path: (path[0] === "v2" ? path.slice(1) : path).join("/") };
}

/**
 * The same for a chart in an image registry (`oci://ghcr.io/org/chart`): a key `oci://...` as in `mirrored`, else the
 * mirror of the registry that images are pulled through as well.
 */
export function mirroredOci(url: string, mirrors: Mirrors): { url: string; plainHttp: boolean } {
  const direct = mirrored(url, mirrors);
  const { host, path } = parseRegistry(url);
  const target = ownValue(mirrors, registryName(host));
  if (direct !== url || target === undefined) return { url: direct, plainHttp: false };
  const registry = parseRegistry(target);
  // helm takes no login in an address, and everybody can read its arguments.
  const parts = [registry.host.replace(/^.*@/, ""), registry.path, path].filter((part) => part !== "");
  return { url: `oci://${parts.join("/")}`, plainHttp: registry.scheme === "http://" };
}

function matches(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  return prefix.endsWith("/") || ["", "/", "?"].includes(url.charAt(prefix.length));
}
