import { parseDuration } from "../../lib/duration.ts";
import { valueAt } from "../../lib/values.ts";
import { homeOf, keysOf, type PrometheusKeys } from "../../model/chart-keys.ts";
import type { AskedValue, Notice, PlannedApp } from "../../model/plan.ts";
import type { Asked, AskedInput } from "./asked.ts";
import { mistakeAt, nobodyTakes, placeOf } from "./place.ts";

/** The window of the usual queries and dashboards, e.g. `rate(x[5m])`, in milliseconds. */
const usualWindowMs = 5 * 60_000;

const settings = {
  retention: "retention",
  retentionSize: "retention-size",
  scrapeInterval: "scrape-interval",
  scrapeTimeout: "scrape-timeout",
  evaluationInterval: "evaluation-interval",
} as const;

type Name = keyof typeof settings;

/** `retention`, `scrape-interval` and their like become values of the chart that brings Prometheus. */
export function askedPrometheus(input: AskedInput): Asked {
  const set = (Object.keys(settings) as Name[]).flatMap((name) => {
    const value = input.config.prometheus[name];
    return value === undefined ? [] : [{ name, value }];
  });
  const app = homeOf("prometheus", input.apps);
  const keys = app && keysOf(app.chart)?.prometheus;
  if (app === undefined || keys === undefined)
    return { notices: set.map(({ name }) => nobodyTakes(input, [settings[name]], "Prometheus")) };
  const values = set.map(({ name, value }) => ({
    app: app.name,
    path: keys[name],
    value,
    setting: settings[name],
  }));
  return {
    values: [...values, ...fittingTimeout(input, app, keys)],
    notices: tooSeldom(input),
  };
}

/** Prometheus refuses a timeout that is longer than the interval. */
function fittingTimeout(input: AskedInput, app: PlannedApp, keys: PrometheusKeys): AskedValue[] {
  const { scrapeInterval, scrapeTimeout } = input.config.prometheus;
  const own = (name: "scrapeInterval" | "scrapeTimeout") => {
    const value = valueAt(app.values, keys[name]);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  if (scrapeTimeout !== undefined) {
    // Without an interval of the user's, profile ci makes one that fits.
    const byDefault = input.config.profile === "ci" ? undefined : keys.defaults.scrapeInterval;
    const interval = scrapeInterval ?? own("scrapeInterval") ?? byDefault;
    if (interval !== undefined && ms(scrapeTimeout) > ms(interval)) {
      const problem = `${scrapeTimeout} is longer than the scrape interval ${interval}, which Prometheus refuses; right would be at most ${interval}, or a longer scrape-interval`;
      throw mistakeAt(input, ["scrape-timeout"], problem);
    }
    return [];
  }
  const timeout = own("scrapeTimeout") ?? keys.defaults.scrapeTimeout;
  if (scrapeInterval === undefined || ms(timeout) <= ms(scrapeInterval)) return [];
  const setting = "scrape-interval (a timeout may not be longer)";
  return [{ app: app.name, path: keys.scrapeTimeout, value: scrapeInterval, setting }];
}

function tooSeldom(input: AskedInput): Notice[] {
  const { scrapeInterval } = input.config.prometheus;
  if (scrapeInterval === undefined || 2 * ms(scrapeInterval) <= usualWindowMs) return [];
  const text = `scrape-interval: with ${scrapeInterval} every rate(x[5m]), as most rules and dashboards have it, is empty: a window needs two scrapes; right would be at most 2m30s`;
  return [{ id: "window-too-short", text, at: placeOf(input, ["scrape-interval"]) }];
}

function ms(duration: string): number {
  return parseDuration(duration) ?? 0;
}
