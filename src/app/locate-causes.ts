import type { LoadedConfig } from "../config/load.ts";
import { locate, type Place, placeInValues } from "../config/locate.ts";
import type { Cause } from "../diagnose/rule.ts";
import type { UnknownValue } from "../model/plan.ts";
import type { Cause as ReportedCause } from "../report/results-schema.ts";

/** The causes as the report has them, with the line of the configuration that each comes from, where there is one. */
export function locateCauses(loaded: LoadedConfig, causes: readonly Cause[]): ReportedCause[] {
  return causes.map(({ blame, ...cause }) => {
    const at = blame && locate(loaded, blame);
    return { ...cause, ...(at ? { at } : {}) };
  });
}

/** A key without effect, and where it stands; undefined for one that no file of the user's has. */
export interface LocatedValue {
  readonly value: UnknownValue;
  readonly at: Place | undefined;
}

export function locateUnknownValues(
  loaded: LoadedConfig,
  unknown: readonly UnknownValue[],
): readonly LocatedValue[] {
  return unknown.map((value) => ({
    value,
    at: placeInValues(loaded, value.app, value.path, { what: "key" }),
  }));
}
