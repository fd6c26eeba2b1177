import { parseDuration } from "../../lib/duration.ts";
import type { PrometheusConfig } from "../../model/prometheus-config.ts";
import type { PrometheusClient, Sample } from "../../stack/prometheus.ts";

/**
 * Limits for the age of samples. Prometheus returns a series' last sample for 5 minutes, and a kept volume holds samples of
 * an earlier deployment.
 */
export interface Freshness {
  /** Seconds since the epoch: earlier samples don't count. */
  readonly since: number;
  /** Greatest age of a sample in seconds. */
  readonly maxAge: number;
}

/** Samples of cAdvisor carry its own clock, which runs up to a minute behind the scrape on a quiet node. */
const exporterLagSeconds = 60;

/** Longer scrape intervals, in milliseconds, are ignored: such jobs have gaps in every graph anyway. */
const maxConsideredIntervalMs = 150_000;

/** Returns the limits: a sample may be as old as two of the longest usual scrape intervals, and a minute. */
export async function readFreshness(client: PrometheusClient, deployedAt: string): Promise<Freshness> {
  return { since: Date.parse(deployedAt) / 1000, maxAge: computeMaxAge(await client.config()) };
}

/**
 * Returns the greatest age of a sample in seconds: two of the longest scrape intervals of the configuration, and a
 * minute.
 */
export function computeMaxAge({ global, scrape_configs }: PrometheusConfig): number {
  const texts = [global?.scrape_interval, ...(scrape_configs ?? []).map((scrape) => scrape.scrape_interval)];
  const intervals = texts
    .map((text) => parseDuration(text ?? "") ?? 0)
    .filter((interval) => interval <= maxConsideredIntervalMs);
  return (2 * Math.max(0, ...intervals)) / 1000 + exporterLagSeconds;
}

/**
 * Returns why a sample of `timestamp(...)` does not count; undefined if it counts.
 * @param startedAt start of the measured object in milliseconds since the epoch. Earlier samples belong to another
 * object of the same name: a restore brings such samples back.
 */
export function explainStaleness(
  sample: Sample,
  { since, maxAge }: Freshness,
  startedAt = 0,
): string | undefined {
  const scrapedAt = sample.value;
  if (!Number.isFinite(scrapedAt)) return `has no time (${sample.text})`;
  if (scrapedAt < since)
    return `was last scraped ${formatTime(scrapedAt)}, before the deployment began (${formatTime(since)})`;
  if (scrapedAt * 1000 < startedAt)
    return `was last scraped ${formatTime(scrapedAt)}, before it started (${formatTime(startedAt / 1000)})`;
  const age = sample.time - scrapedAt;
  return age > maxAge ? `was last scraped ${formatTime(scrapedAt)}, ${Math.round(age)} s ago` : undefined;
}

/** Formats seconds since the epoch as ISO 8601. */
export function formatTime(seconds: number): string {
  return Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString() : String(seconds);
}

/** Splits `timestamp(...)` samples into those that count and the reasons why the others don't. */
export function splitFresh(samples: readonly Sample[], freshness: Freshness) {
  const fresh = samples.filter((sample) => explainStaleness(sample, freshness) === undefined);
  const stale = samples.flatMap((sample) => {
    const reason = explainStaleness(sample, freshness);
    return reason === undefined ? [] : [{ sample, why: reason }];
  });
  return { fresh, stale };
}
