import { formatKeyPath, isMapping, isUnset, type Values, valueAt, withValue } from "../../lib/values.ts";
import type { ProfileSetting } from "../../model/plan.ts";

/** A value that goes under the user's own. */
export interface OverlaySetting {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly why: string;
  /** Not set where the user has anything at one of these paths: it would take that away, or change what it means. */
  readonly unlessAny?: readonly (readonly string[])[];
}

/** Sets each value that the user left unset, and says which. */
export function applyOverlay(
  app: string,
  values: Values,
  settings: readonly OverlaySetting[],
): { values: Values; set: ProfileSetting[] } {
  const free = settings.filter(
    ({ path, unlessAny = [] }) => isUnset(values, path) && !unlessAny.some((one) => hasAny(values, one)),
  );
  return {
    values: free.reduce((merged, { path, value }) => withValue(merged, path, value), values),
    set: free.map(({ path, value, why }) => ({ app, path: formatKeyPath(path), value, why })),
  };
}

function hasAny(values: Values, path: readonly string[]): boolean {
  const there = valueAt(values, path);
  return isMapping(there) ? Object.keys(there).length > 0 : there !== undefined;
}
