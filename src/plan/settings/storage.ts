import type { StorageSizes } from "../../config/settings/storage.ts";
import { valueAt } from "../../lib/values.ts";
import { homeOf, keysOf, type StorageKeys } from "../../model/chart-keys.ts";
import type { AskedValue, Notice, PlannedApp } from "../../model/plan.ts";
import type { Asked, AskedInput } from "./asked.ts";
import { leftOut, nobodyTakes, placeOf } from "./place.ts";

const components = ["prometheus", "grafana", "alertmanager"] as const satisfies (keyof StorageSizes)[];

/** `storage` switches persistence on, in the size that was asked; `storage-class` is for every volume that there will be. */
export function askedStorage(input: AskedInput): Asked {
  const { sizes, storageClass } = input.config.storage;
  const values: AskedValue[] = [];
  const notices: Notice[] = [];
  for (const component of components) {
    const size = sizes[component];
    const app = homeOf(component, input.apps);
    const keys = app && keysOf(app.chart)?.storage[component];
    if (app === undefined || keys === undefined) {
      if (size !== undefined) notices.push(nobodyTakes(input, ["storage", component], component));
      continue;
    }
    const off = leftOut(input, ["storage", component], app, component);
    if (off !== undefined) {
      if (size !== undefined) notices.push(off);
      continue;
    }
    if (size !== undefined) values.push(...volume(app, keys, size, `storage (${component})`));
    const isKept = size !== undefined || hasVolume(input, app, keys);
    if (storageClass === undefined || !isKept) continue;
    values.push({ app: app.name, path: keys.storageClass, value: storageClass, setting: "storage-class" });
  }
  if (storageClass !== undefined && !values.some(({ setting }) => setting === "storage-class")) {
    const text =
      "storage-class has no effect: nothing in this stack has a volume; right would be e.g. storage: 50Gi beside it";
    notices.push({ id: "setting-without-app", text, at: placeOf(input, ["storage-class"]) });
  }
  return { values, notices };
}

function volume(app: PlannedApp, keys: StorageKeys, size: string, setting: string): AskedValue[] {
  const value = (path: readonly string[] | undefined, value: unknown): AskedValue[] =>
    path === undefined ? [] : [{ app: app.name, path, value, setting }];
  const hasModes = keys.accessModes !== undefined && valueAt(app.values, keys.accessModes) !== undefined;
  return [
    ...value(keys.enabled, true),
    ...value(keys.size, size),
    ...(hasModes ? [] : value(keys.accessModes, ["ReadWriteOnce"])),
  ];
}

/** What the user's values ask for, or the chart without being asked; profile ci takes the latter away. */
function hasVolume({ config }: AskedInput, { values }: PlannedApp, keys: StorageKeys): boolean {
  if (keys.enabled === undefined) return valueAt(values, keys.size) !== undefined;
  const enabled = valueAt(values, keys.enabled);
  if (typeof enabled === "boolean") return enabled;
  const ownKeys = valueAt(values, keys.enabled.slice(0, -1)) !== undefined;
  return keys.byDefault && (config.profile !== "ci" || config.keep.data || ownKeys);
}
