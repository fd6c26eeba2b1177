import { components } from "../../config/resources.ts";
import { homeOf, keysOf } from "../../model/chart-keys.ts";
import type { AskedValue, Notice } from "../../model/plan.ts";
import type { Asked, AskedInput } from "./asked.ts";
import { leftOut, nobodyTakes } from "./place.ts";

/** `resources` becomes the charts' own; a request or limit that it doesn't name is left to the values. */
export function askedResources(input: AskedInput): Asked {
  const values: AskedValue[] = [];
  const notices: Notice[] = [];
  for (const component of components) {
    const asked = input.config.resources[component];
    if (asked === undefined) continue;
    const app = homeOf(component, input.apps);
    const path = app && keysOf(app.chart)?.resources[component];
    if (app === undefined || path === undefined) {
      notices.push(nobodyTakes(input, ["resources", component], component));
      continue;
    }
    const off = leftOut(input, ["resources", component], app, component);
    if (off !== undefined) {
      notices.push(off);
      continue;
    }
    for (const kind of ["requests", "limits"] as const)
      for (const [name, value] of Object.entries(asked[kind] ?? {}))
        values.push({ app: app.name, path: [...path, kind, name], value, setting: `resources.${component}` });
  }
  return { values, notices };
}
