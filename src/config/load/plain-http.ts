import { ownValue } from "../../lib/object.ts";
import type { Config } from "../schema.ts";

/**
 * Warnings about logins that are sent to addresses without TLS, where whoever is on the way reads them. Loopback and names
 * within the cluster are not left.
 */
export function plainHttpLogins(
  config: Pick<Config, "repos" | "registries" | "mirrors" | "remoteWrite" | "federate">,
): string[] {
  const repos = Object.entries(config.repos)
    .filter(([, { credentials }]) => credentials !== undefined)
    .map(([name, { url }]) => [`repos.${name}`, url] as const);
  const mirrors = Object.entries(config.mirrors).filter(
    ([, address]) =>
      hasLogin(address) || ownValue(config.registries, hostOf(address))?.credentials !== undefined,
  );
  const registries = mirrors.map(([prefix, address]) => [`mirrors.${prefix}`, address] as const);
  const stores = config.remoteWrite
    .filter(({ login }) => login !== undefined)
    .map(({ name, url }) => [`remote-write ${name}`, url] as const);
  const sources = config.federate
    .filter(({ login, scheme }) => login !== undefined && scheme === "http")
    .flatMap(({ name, targets }) =>
      targets.map((target) => [`federate ${name}`, `http://${target}`] as const),
    );
  return [...repos, ...registries, ...stores, ...sources]
    .filter(([, url]) => isOpen(url))
    .map(
      ([where, url]) =>
        `${where}: its password is sent to http://${hostOf(url)} unencrypted, where anybody on the way can read it; use https://`,
    );
}

function hasLogin(url: string): boolean {
  return URL.canParse(url) && new URL(url).username !== "";
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}

/** Whether what is sent there can be read on its way. */
export function isOpen(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  if (protocol !== "http:") return false;
  const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
  const isInCluster = /^[^.:]+$|\.svc$|\.svc\.cluster\.local$/.test(hostname);
  return !isLoopback && !isInCluster;
}
