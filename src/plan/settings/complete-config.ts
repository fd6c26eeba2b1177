import { isMapping } from "../../lib/object.ts";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Alertmanager's configuration in the values of a chart that is not at hand, with something in the place of what the chart
 * has there: nothing may be refused for a value that only the chart has.
 */
export function completeConfigInValues(data: unknown): unknown {
  if (!isMapping(data)) return data;
  const given = data["receivers"];
  const route = isMapping(data["route"]) ? data["route"] : {};
  const names = Array.isArray(given)
    ? given.flatMap((one: unknown) => (isMapping(one) ? [String(one["name"])] : []))
    : [];
  const receivers =
    given ?? [...new Set(["default-receiver", ...listRoutedReceivers(route)])].map((name) => ({ name }));
  const first = names[0] ?? "default-receiver";
  return {
    ...data,
    receivers,
    ...(data["route"] === undefined || isMapping(data["route"])
      ? { route: { receiver: first, ...route } }
      : {}),
  };
}

function listRoutedReceivers({ receiver, routes }: Mapping): string[] {
  const below = Array.isArray(routes) ? routes.filter(isMapping).flatMap(listRoutedReceivers) : [];
  return [...(typeof receiver === "string" ? [receiver] : []), ...below];
}

export interface Completed {
  readonly config: Record<string, unknown>;
  /** The receivers that the route leads to which was made, as none was there. */
  readonly madeRouteTo: readonly string[] | undefined;
}

/** What Alertmanager takes for a root route that doesn't say (dispatch/route.go); charts have other values. */
const routeDefaults = {
  group_by: [],
  group_wait: "30s",
  group_interval: "5m",
  repeat_interval: "4h",
  routes: [],
} as const;

/**
 * Returns a configuration that means the same wherever it is laid over a chart's: what isn't there is set to what it means. Where
 * receivers stand alone, every alert goes to each of them, the first being the root's.
 */
export function completeConfig(given: Mapping): Completed {
  const isMade = given["route"] === undefined || given["route"] === null;
  const receivers = Array.isArray(given["receivers"]) ? given["receivers"] : [];
  const names = receivers.flatMap((one: unknown) => {
    const name = (one as { name?: unknown } | null)?.name;
    return typeof name === "string" && name !== "" ? [name] : [];
  });
  const [first] = names;
  const route = isMade ? createRoute(names) : given["route"];
  const isRoute = typeof route === "object" && route !== null && !Array.isArray(route);
  const config = {
    ...given,
    global: given["global"] ?? {},
    inhibit_rules: given["inhibit_rules"] ?? [],
    ...(route === undefined ? {} : { route: isRoute ? { ...routeDefaults, ...removeNulls(route) } : route }),
  };
  return { config, madeRouteTo: isMade && first !== undefined ? names : undefined };
}

function createRoute(names: readonly string[]): Mapping | undefined {
  const [first, ...rest] = names;
  if (first === undefined) return undefined;
  if (rest.length === 0) return { receiver: first };
  return {
    receiver: first,
    routes: names.map((receiver, index) => ({
      receiver,
      ...(index < names.length - 1 ? { continue: true } : {}),
    })),
  };
}

function removeNulls(mapping: object): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([, value]) => value !== null));
}
