import { isMapping } from "../config/mapping.ts";
import { didYouMean } from "../config/suggest.ts";
import type { Path, SchemaProblem } from "./types.ts";

/** Routes of an AlertmanagerConfig that lead to no receiver of it: the operator refuses the whole object. */
export function routeProblems(object: Readonly<Record<string, unknown>>): SchemaProblem[] {
  const { kind, spec } = object;
  if (kind !== "AlertmanagerConfig" || !isMapping(spec)) return [];
  const receivers = Array.isArray(spec["receivers"]) ? spec["receivers"].filter(isMapping) : [];
  const names = receivers.map(({ name }) => String(name));
  const walk = (route: unknown, path: Path): SchemaProblem[] => {
    if (!isMapping(route)) return [];
    const { receiver, routes } = route;
    const below = Array.isArray(routes)
      ? routes.flatMap((one: unknown, index) => walk(one, [...path, "routes", index]))
      : [];
    if (typeof receiver !== "string" || receiver === "" || names.includes(receiver)) return below;
    const problem = `there is no receiver ${receiver}; ${didYouMean(receiver, names)}`;
    return [{ path: [...path, "receiver"], on: "value", problem }, ...below];
  };
  return walk(spec["route"], ["spec", "route"]);
}
