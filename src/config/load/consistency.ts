import { parseDuration } from "../../lib/duration.ts";
import { getOwnValue } from "../../lib/object.ts";
import { parsePrometheusSize, parseQuantity } from "../../lib/quantity.ts";
import type { Mistake } from "../../yaml/mistakes.ts";
import type { Config } from "../schema.ts";
import type { SettingName, Settings } from "../settings.ts";

/**
 * Returns a mistake for each pair of settings that are valid on their own and contradict each other: a scrape timeout
 * above the interval, and a retention size that the volume can't hold.
 * @param where returns a setting's place for a message: in the file, the flag or the input
 */
export function findContradictions(
  settings: Settings,
  where: (name: SettingName) => Pick<Mistake, "where" | "path">,
): Mistake[] {
  const { "scrape-interval": interval, "scrape-timeout": timeout } = settings;
  const { "retention-size": retentionSize, storage } = settings;
  const mistakes: Mistake[] = [];
  if (interval !== undefined && timeout !== undefined && parseMs(timeout) > parseMs(interval)) {
    const problem = `${timeout} is longer than the scrape interval ${interval}, which Prometheus refuses; expected at most ${interval}`;
    mistakes.push({ ...where("scrape-timeout"), problem });
  }
  const volume = storage?.prometheus;
  if (
    retentionSize !== undefined &&
    volume !== undefined &&
    (parsePrometheusSize(retentionSize) ?? 0) >= parseBytes(volume)
  ) {
    const problem = `${retentionSize} is not less than the volume of ${volume}, which would be full before Prometheus deletes anything; expected at most ${formatMaximumRetention(parseBytes(volume))} (80 %)`;
    mistakes.push({ ...where("retention-size"), problem });
  }
  return mistakes;
}

function parseMs(duration: string): number {
  return parseDuration(duration) ?? 0;
}

function parseBytes(quantity: string): number {
  return parseQuantity(quantity) ?? 0;
}

/** Returns 80 % of a volume, in the format of Prometheus' sizes. */
function formatMaximumRetention(volume: number): string {
  const megabytes = Math.floor((volume * 0.8) / 1024 ** 2);
  return megabytes >= 10 * 1024 ? `${Math.floor(megabytes / 1024)}GB` : `${megabytes}MB`;
}

/**
 * Returns warnings about logins that are sent without TLS, so that anybody on the way can read them. Addresses of
 * this machine and names within the cluster are safe.
 */
export function listPlainHttpWarnings(
  config: Pick<Config, "repos" | "registries" | "mirrors" | "remoteWrite" | "federate">,
): string[] {
  const repos = Object.entries(config.repos)
    .filter(([, { credentials }]) => credentials !== undefined)
    .map(([name, { url }]) => [`repos.${name}`, url] as const);
  const mirrors = Object.entries(config.mirrors).filter(
    ([, address]) =>
      hasLogin(address) || getOwnValue(config.registries, getHost(address))?.credentials !== undefined,
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
    .filter(([, url]) => isUnencrypted(url))
    .map(
      ([place, url]) =>
        `${place}: its password is sent to http://${getHost(url)} unencrypted, where anybody on the way can read it; use https://`,
    );
}

function hasLogin(url: string): boolean {
  return URL.canParse(url) && new URL(url).username !== "";
}

function getHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}

/** True if requests to a URL are unencrypted and leave this machine and its cluster. */
export function isUnencrypted(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  if (protocol !== "http:") return false;
  const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
  const isInCluster = /^[^.:]+$|\.svc$|\.svc\.cluster\.local$/.test(hostname);
  return !isLoopback && !isInCluster;
}
