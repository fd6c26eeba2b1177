import { isMapping } from "../lib/object.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Path, SchemaProblem } from "./types.ts";

/** Routes of an AlertmanagerConfig that lead to no receiver of it: the operator refuses the whole object. */
export function routeProblems({ kind, spec }: Readonly<Record<string, unknown>>): SchemaProblem[] {
  if (kind !== "AlertmanagerConfig") return [];
  return undefinedReceivers(spec).map((one) => ({ ...one, path: ["spec", ...one.path] }));
}

/** The same of Alertmanager's own configuration, which ends with the first thing that is wrong. */
export function undefinedReceivers(config: unknown): SchemaProblem[] {
  if (!isMapping(config)) return [];
  const receivers = Array.isArray(config["receivers"]) ? config["receivers"].filter(isMapping) : [];
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
  return walk(config["route"], ["route"]);
}
