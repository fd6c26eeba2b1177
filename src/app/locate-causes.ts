import type { LoadedConfig } from "../config/load.ts";
import { locate, type Place, placeInValues } from "../config/locate.ts";
import type { Cause } from "../diagnose/rule.ts";
import type { UnknownValue } from "../model/plan.ts";
import type { Cause as ReportedCause } from "../report/results-schema.ts";

/** Returns the causes as the report has them, each with its line of the configuration, if there is one. */
export function locateCauses(loaded: LoadedConfig, causes: readonly Cause[]): ReportedCause[] {
  return causes.map(({ blame, ...cause }) => {
    const place = blame && locate(loaded, blame);
    return { ...cause, ...(place ? { at: place } : {}) };
  });
}

/** A key without effect, and its place; undefined if no file of the user's has it. */
interface LocatedValue {
  readonly value: UnknownValue;
  readonly at: Place | undefined;
}

/** Returns each unknown value with its place in the user's files. */
export function locateUnknownValues(
  loaded: LoadedConfig,
  unknown: readonly UnknownValue[],
): readonly LocatedValue[] {
  return unknown.map((value) => ({
    value,
    at: placeInValues(loaded, value.app, value.path, { what: "key" }),
  }));
}
