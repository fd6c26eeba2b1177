import { parseMatchers } from "../alerting/matchers.ts";
import { isMapping } from "../config/mapping.ts";
import { didYouMean } from "../config/suggest.ts";
import { messageOf } from "../host/errors.ts";
import { goPattern } from "../lib/patterns.ts";
import { durationMs } from "../promql/duration.ts";
import { bothWays, lintReceiver, slips } from "./lint-receiver.ts";
import { unknownKeys } from "./lint-rules.ts";
import { lintTimeIntervals } from "./lint-time-intervals.ts";
import type { Complain } from "./mistake.ts";

type Path = readonly (string | number)[];

const topKeys = [
  "global",
  "route",
  "inhibit_rules",
  "receivers",
  "templates",
  "mute_time_intervals",
  "time_intervals",
  "tracing",
  "event_recorder",
];

const routeKeys = [
  "receiver",
  "group_by",
  "matchers",
  "match",
  "match_re",
  "mute_time_intervals",
  "active_time_intervals",
  "continue",
  "routes",
  "group_wait",
  "group_interval",
  "repeat_interval",
];

const inhibitionKeys = [
  "name",
  "source_match",
  "source_match_re",
  "source_matchers",
  "target_match",
  "target_match_re",
  "target_matchers",
  "equal",
];

/** What is defined and can be named by a route. */
interface Known {
  readonly receivers: readonly string[];
  readonly intervals: readonly string[];
}

/** What Alertmanager would refuse in its configuration (config/config.go of Alertmanager), as far as all versions agree. */
export function lintAlertmanager(file: unknown, complain: Complain): void {
  if (!isMapping(file)) {
    complain([], "Alertmanager's configuration is a mapping with route and receivers");
    return;
  }
  slips(file, topKeys, [], complain);
  const receivers = namesIn(file["receivers"], ["receivers"], "receiver", complain);
  const intervals = ["time_intervals", "mute_time_intervals"].flatMap((key) =>
    namesIn(file[key], [key], "time interval", complain),
  );
  const global = isMapping(file["global"]) ? file["global"] : {};
  bothWays(global, ["global"], complain);
  for (const [index, receiver] of listOf(file["receivers"]).entries())
    if (isMapping(receiver)) lintReceiver(receiver, global, ["receivers", index], complain);
  lintInhibition(file["inhibit_rules"], complain);
  for (const key of ["time_intervals", "mute_time_intervals"]) lintTimeIntervals(file[key], [key], complain);
  const { route } = file;
  if (!isMapping(route)) {
    complain([], "there is no route: every alert needs a receiver");
    return;
  }
  if (route["continue"] === true)
    complain(["route", "continue"], "the root route has no siblings to go on with: it can't have continue");
  if (!route["receiver"]) complain(["route"], "the root route names no receiver");
  for (const key of ["match", "match_re", "matchers", "mute_time_intervals", "active_time_intervals"])
    if (isFilled(route[key]))
      complain(["route", key], `the root route takes every alert: it can't have ${key}`);
  lintRoute(route, ["route"], { receivers, intervals }, complain);
}

function namesIn(value: unknown, path: Path, what: string, complain: Complain): string[] {
  if (value !== undefined && value !== null && !Array.isArray(value))
    complain(path, `${path.join(".")} is no list`);
  const names: string[] = [];
  for (const [index, one] of listOf(value).entries()) {
    const name = isMapping(one) ? String(one["name"] ?? "") : "";
    if (name === "") complain([...path, index], `the ${what} has no name`);
    else if (names.includes(name)) complain([...path, index, "name"], `the ${what} ${name} is there twice`);
    names.push(name);
  }
  return names;
}

function lintRoute(route: Record<string, unknown>, path: Path, known: Known, complain: Complain): void {
  unknownKeys(route, routeKeys, path, complain);
  const { receiver } = route;
  if (typeof receiver === "string" && receiver !== "" && !known.receivers.includes(receiver))
    complain(
      [...path, "receiver"],
      `there is no receiver ${receiver}; ${didYouMean(receiver, known.receivers)}`,
    );
  for (const key of ["mute_time_intervals", "active_time_intervals"])
    for (const [index, name] of listOf(route[key]).entries())
      if (!known.intervals.includes(String(name)))
        complain(
          [...path, key, index],
          `there is no time interval ${name}; ${didYouMean(String(name), known.intervals)}`,
        );
  for (const key of ["group_wait", "group_interval", "repeat_interval"]) {
    const value = route[key];
    if (value !== undefined && value !== null && durationMs(String(value)) === undefined)
      complain([...path, key], `${JSON.stringify(value)} is no duration; right would be e.g. 30s or 5m`);
  }
  for (const key of ["group_interval", "repeat_interval"])
    if (durationMs(String(route[key])) === 0) complain([...path, key], `${key} can't be zero`);
  lintGroupBy(route["group_by"], [...path, "group_by"], complain);
  matchers(route["matchers"], [...path, "matchers"], complain);
  for (const [index, child] of listOf(route["routes"]).entries()) {
    const at = [...path, "routes", index];
    if (isMapping(child)) lintRoute(child, at, known, complain);
    else complain(at, "a route is a mapping");
  }
}

function lintGroupBy(value: unknown, path: Path, complain: Complain): void {
  const names = listOf(value).map(String);
  if (names.length > 1 && names.includes("..."))
    complain(path, "`...` groups by all labels, so no other can be beside it");
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index) complain([...path, index], `the label ${name} is there twice`);
}

function lintInhibition(rules: unknown, complain: Complain): void {
  for (const [index, rule] of listOf(rules).entries()) {
    if (!isMapping(rule)) continue;
    slips(rule, inhibitionKeys, ["inhibit_rules", index], complain);
    for (const key of ["source_matchers", "target_matchers"])
      matchers(rule[key], ["inhibit_rules", index, key], complain);
  }
}

function matchers(value: unknown, path: Path, complain: Complain): void {
  if (value === undefined || value === null) return;
  if (!Array.isArray(value)) {
    complain(path, `${path.at(-1)} is no list; right would be e.g. - severity="critical"`);
    return;
  }
  for (const [index, one] of value.entries()) {
    try {
      if (typeof one !== "string") throw new Error("a matcher is a text");
      for (const { op, value: pattern } of parseMatchers(one)) if (op.endsWith("~")) checkPattern(pattern);
    } catch (error) {
      complain([...path, index], `${messageOf(error)}; right would be e.g. severity="critical"`);
    }
  }
}

function checkPattern(pattern: string): void {
  try {
    goPattern(pattern);
  } catch (cause) {
    throw new Error(`the regular expression ${JSON.stringify(pattern)} is wrong (${messageOf(cause)})`, {
      cause,
    });
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isMapping(value) && Object.keys(value).length > 0;
}
