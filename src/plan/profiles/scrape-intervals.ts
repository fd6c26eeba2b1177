import { formatDuration, parseDuration } from "../../lib/duration.ts";
import { getValueAt, isMapping, type Values } from "../../lib/object.ts";
import { parseDocuments } from "../../lib/yaml-text.ts";
import type { OverlaySetting } from "./overlay.ts";

const intervalPath = ["server", "global", "scrape_interval"];
const timeoutPath = ["server", "global", "scrape_timeout"];
const ciMs = 2000;
/** The Prometheus chart's defaults. */
const chartTimeoutMs = 10_000;
const chartInterval = "1m";

/** Returns the scrape interval of Prometheus, given all its values. */
export function findScrapeInterval(values: Values): string {
  const set = getValueAt(values, intervalPath);
  return typeof set === "string" ? set : chartInterval;
}

/** The keys of a chart's scrape and evaluation intervals, and their defaults. */
export interface ScrapeKeys {
  readonly interval: readonly string[];
  readonly timeout: readonly string[];
  readonly evaluation: readonly string[];
  readonly default: string;
}

const plainKeys: ScrapeKeys = {
  interval: intervalPath,
  timeout: timeoutPath,
  evaluation: ["server", "global", "evaluation_interval"],
  default: `chart's ${chartInterval}`,
};

/**
 * Returns the scrape settings of profile ci. Prometheus refuses a timeout that is longer than its interval, so each of
 * the two settings respects the user's value of the other.
 */
export function listScrapeSettings(
  values: Values,
  keys: ScrapeKeys = plainKeys,
  longestMs = findLongestJobTimeout(values),
): OverlaySetting[] {
  const interval = readDuration(values, keys.interval);
  const timeout = readDuration(values, keys.timeout);
  const settings: OverlaySetting[] = [];
  const ownMs = Math.max(ciMs, timeout ?? 0, longestMs);
  if (interval === undefined) {
    settings.push({
      path: keys.interval,
      value: formatDuration(ownMs),
      why: `rate() needs two scrapes: with the ${keys.default} nothing can be queried for minutes`,
    });
  }
  const timeoutMs = interval === undefined ? ownMs : Math.min(chartTimeoutMs, interval);
  if (timeoutMs < chartTimeoutMs) {
    settings.push({
      path: keys.timeout,
      value: formatDuration(timeoutMs),
      why: "a timeout may not be longer than the interval",
    });
  }
  settings.push({
    path: keys.evaluation,
    value: formatDuration(ciMs),
    why: `rules are evaluated before the job is over; by default it is the ${keys.default}`,
  });
  return settings;
}

function readDuration(values: Values, path: readonly string[]): number | undefined {
  const set = getValueAt(values, path);
  return typeof set === "string" ? parseDuration(set) : undefined;
}

/** Returns the longest timeout, in milliseconds, of the user's jobs that have a timeout but no interval of their own. */
function findLongestJobTimeout(node: unknown): number {
  if (typeof node === "string") {
    // extraScrapeConfigs is one text, with templates in it.
    const timeouts = [...node.matchAll(/scrape_timeout:\s*["']?(\w+)/g)].map(
      (match) => parseDuration(match[1] ?? "") ?? 0,
    );
    return Math.max(0, ...timeouts);
  }
  if (Array.isArray(node)) return Math.max(0, ...node.map(findLongestJobTimeout));
  if (!isMapping(node)) return 0;
  const own =
    typeof node.scrape_timeout === "string" && node.scrape_interval === undefined
      ? (parseDuration(node.scrape_timeout) ?? 0)
      : 0;
  return Math.max(
    own,
    ...Object.values(node).map((value) =>
      typeof value === "string" && !value.includes("\n") ? 0 : findLongestJobTimeout(value),
    ),
  );
}

/** Returns the longest scrapeTimeout, in milliseconds, of the operator's endpoints that have no interval of their own. */
export function findLongestEndpointTimeout(node: unknown): number {
  if (typeof node === "string") {
    const documents = parseDocuments(node).map((document) =>
      document.errors.length > 0 ? undefined : (document.toJS() as unknown),
    );
    return documents.some((document) => typeof document === "string")
      ? 0
      : Math.max(0, ...documents.map(findLongestEndpointTimeout));
  }
  if (Array.isArray(node)) return Math.max(0, ...node.map(findLongestEndpointTimeout));
  if (!isMapping(node)) return 0;
  const { scrapeTimeout, interval, scrapeInterval } = node;
  const isOpen = typeof scrapeTimeout === "string" && !interval && !scrapeInterval;
  const children = Object.values(node).filter((value) => typeof value !== "string");
  return Math.max(
    isOpen ? (parseDuration(scrapeTimeout) ?? 0) : 0,
    ...children.map((value) => findLongestEndpointTimeout(value)),
  );
}
