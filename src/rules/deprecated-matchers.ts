import { isMapping } from "../lib/values.ts";

type Path = readonly (string | number)[];

/** An old way to write matchers, and how they are written now. */
export interface DeprecatedMatchers {
  readonly path: Path;
  /** e.g. `matchers: ['severity="critical"']`. */
  readonly instead: string;
}

const old: Readonly<Record<string, readonly [string, "=" | "=~"]>> = {
  match: ["matchers", "="],
  match_re: ["matchers", "=~"],
  source_match: ["source_matchers", "="],
  source_match_re: ["source_matchers", "=~"],
  target_match: ["target_matchers", "="],
  target_match_re: ["target_matchers", "=~"],
};

/** `match`, `match_re` and their likes in the routes and inhibition rules of Alertmanager's configuration. */
export function deprecatedMatchers(config: unknown): DeprecatedMatchers[] {
  if (!isMapping(config)) return [];
  const rules = Array.isArray(config["inhibit_rules"]) ? config["inhibit_rules"] : [];
  return [
    ...inRoute(config["route"], ["route"]),
    ...rules.flatMap((rule: unknown, index) => inMapping(rule, ["inhibit_rules", index])),
  ];
}

function inRoute(route: unknown, path: Path): DeprecatedMatchers[] {
  if (!isMapping(route)) return [];
  const below = Array.isArray(route["routes"]) ? route["routes"] : [];
  return [
    ...inMapping(route, path),
    ...below.flatMap((one: unknown, index) => inRoute(one, [...path, "routes", index])),
  ];
}

function inMapping(mapping: unknown, path: Path): DeprecatedMatchers[] {
  if (!isMapping(mapping)) return [];
  return Object.entries(old).flatMap(([key, [now, op]]) => {
    const labels = mapping[key];
    if (!isMapping(labels)) return [];
    const matchers = Object.entries(labels).map(([label, value]) => `'${label}${op}"${value}"'`);
    return [{ path: [...path, key], instead: `${now}: [${matchers.join(", ")}]` }];
  });
}
