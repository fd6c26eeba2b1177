import { isMapping } from "../config/mapping.ts";
import { slips } from "./lint-receiver.ts";
import type { Complain } from "./mistake.ts";

type Path = readonly (string | number)[];

const keys = ["times", "weekdays", "days_of_month", "months", "years", "location"];
const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const months = [
  ...["january", "february", "march", "april", "may", "june", "july"],
  ...["august", "september", "october", "november", "december"],
];

/** What Alertmanager would refuse in time intervals (timeinterval/timeinterval.go of Alertmanager). */
export function lintTimeIntervals(value: unknown, path: Path, complain: Complain): void {
  for (const [index, named] of listOf(value).entries()) {
    const intervals = isMapping(named) ? listOf(named["time_intervals"]) : [];
    for (const [place, interval] of intervals.entries()) {
      const at = [...path, index, "time_intervals", place];
      if (isMapping(interval)) lintInterval(interval, at, complain);
      else complain(at, `a time interval is a mapping with ${keys.join(", ")}`);
    }
  }
}

function lintInterval(interval: Record<string, unknown>, path: Path, complain: Complain): void {
  slips(interval, keys, path, complain);
  for (const [index, range] of listOf(interval["times"]).entries())
    lintTimes(range, [...path, "times", index], complain);
  const ranges = (key: string, position: (text: string) => number | undefined, right: string) => {
    for (const [index, range] of listOf(interval[key]).entries())
      lintRange(String(range), position, right, (problem) => complain([...path, key, index], problem));
  };
  ranges("weekdays", nameIn(weekdays), "monday or monday:friday");
  ranges("months", (text) => nameIn(months)(text) ?? numberIn(1, 12)(text), "january:march or 1:3");
  ranges("years", numberIn(1, 9999), "2026 or 2026:2028");
  for (const [index, range] of listOf(interval["days_of_month"]).entries()) {
    const problem = dayProblem(String(range));
    if (problem !== undefined) complain([...path, "days_of_month", index], problem);
  }
}

/** Days from the end of the month are negative. */
function dayProblem(text: string): string | undefined {
  const days = text.split(":").map((part) => (/^-?\d+$/.test(part) ? Number(part) : 0));
  const [first = 0, last = first] = days;
  if (days.length > 2 || days.some((day) => day === 0 || Math.abs(day) > 31))
    return `${text} is no day of a month; right would be 1:5 or -1`;
  const endsBefore = first < 0 === last < 0 ? last < first : first < 0;
  return endsBefore ? `${text} ends before it begins` : undefined;
}

function lintTimes(range: unknown, path: Path, complain: Complain): void {
  const { start_time: start, end_time: end } = isMapping(range) ? range : {};
  const [from, to] = [minutes(start), minutes(end)];
  if (from === undefined || to === undefined)
    complain(path, "start_time and end_time must both be there as HH:MM, in quotes");
  else if (from >= to) complain(path, "start_time is not before end_time; a night is two ranges");
}

/** 24:00 is the end of a day. */
function minutes(time: unknown): number | undefined {
  const match = typeof time === "string" ? /^(\d\d):(\d\d)$/.exec(time) : null;
  if (!match) return undefined;
  const total = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && total <= 24 * 60 ? total : undefined;
}

function lintRange(
  text: string,
  position: (text: string) => number | undefined,
  right: string,
  complain: (problem: string) => void,
): void {
  const [first, last, ...more] = text.split(":").map((part) => position(part.trim()));
  if (first === undefined || more.length > 0 || (text.includes(":") && last === undefined))
    complain(`${JSON.stringify(text)} is not understood; right would be ${right}`);
  else if (last !== undefined && last < first) complain(`${JSON.stringify(text)} ends before it begins`);
}

function nameIn(names: readonly string[]): (text: string) => number | undefined {
  return (text) => {
    const index = names.indexOf(text.toLowerCase());
    return index < 0 ? undefined : index + 1;
  };
}

function numberIn(least: number, most: number): (text: string) => number | undefined {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return number >= least && number <= most ? number : undefined;
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
