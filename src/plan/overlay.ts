import type { ProfileSetting } from "./types.ts";
import { formatKeyPath, isMapping, isUnset, type Values, valueAt, withValue } from "./values.ts";

/** A value that goes under the user's own. */
export interface OverlaySetting {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly why: string;
  /** Left alone as soon as the user has anything here: a part of what they say would change its meaning. */
  readonly unlessAny?: readonly string[];
}

/** Sets each value that the user left unset, and says which. */
export function applyOverlay(
  app: string,
  values: Values,
  settings: readonly OverlaySetting[],
): { values: Values; set: ProfileSetting[] } {
  const free = settings.filter(({ path, unlessAny }) => isUnset(values, path) && !hasAny(values, unlessAny));
  return {
    values: free.reduce((merged, { path, value }) => withValue(merged, path, value), values),
    set: free.map(({ path, value, why }) => ({ app, path: formatKeyPath(path), value, why })),
  };
}

function hasAny(values: Values, path: readonly string[] | undefined): boolean {
  if (!path) return false;
  const there = valueAt(values, path);
  return isMapping(there) ? Object.keys(there).length > 0 : there !== undefined;
}
