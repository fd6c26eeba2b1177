import { isMapping } from "../../lib/object.ts";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Returns Alertmanager's configuration from the values of a chart that is not loaded, completed with substitutes for the
 * chart's own values. So a value that only the chart has is never reported as missing.
 */
export function completeConfigInValues(data: unknown): unknown {
  if (!isMapping(data)) return data;
  const configured = data["receivers"];
  const route = isMapping(data["route"]) ? data["route"] : {};
  const names = Array.isArray(configured)
    ? configured.flatMap((receiver: unknown) => (isMapping(receiver) ? [String(receiver["name"])] : []))
    : [];
  const receivers =
    configured ?? [...new Set(["default-receiver", ...listRoutedReceivers(route)])].map((name) => ({ name }));
  const first = names[0] ?? "default-receiver";
  return {
    ...data,
    receivers,
    ...(data["route"] === undefined || isMapping(data["route"])
      ? { route: { receiver: first, ...route } }
      : {}),
  };
}

/** Returns the names of the receivers that a route and its subroutes lead to. */
function listRoutedReceivers({ receiver, routes }: Mapping): string[] {
  const routedBelow = Array.isArray(routes) ? routes.filter(isMapping).flatMap(listRoutedReceivers) : [];
  return [...(typeof receiver === "string" ? [receiver] : []), ...routedBelow];
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
 * Returns a configuration that keeps its meaning when it is merged over a chart's configuration: each missing key gets
 * the value that Alertmanager assumes. If there are receivers but no route, every alert goes to each receiver, and the
 * first one is the root's.
 */
export function completeConfig(config: Mapping): Completed {
  const isMade = config["route"] === undefined || config["route"] === null;
  const receivers = Array.isArray(config["receivers"]) ? config["receivers"] : [];
  const names = receivers.flatMap((receiver: unknown) => {
    const name = (receiver as { name?: unknown } | null)?.name;
    return typeof name === "string" && name !== "" ? [name] : [];
  });
  const [first] = names;
  const route = isMade ? createRoute(names) : config["route"];
  const isRoute = typeof route === "object" && route !== null && !Array.isArray(route);
  const completed = {
    ...config,
    global: config["global"] ?? {},
    inhibit_rules: config["inhibit_rules"] ?? [],
    ...(route === undefined ? {} : { route: isRoute ? { ...routeDefaults, ...removeNulls(route) } : route }),
  };
  return { config: completed, madeRouteTo: isMade && first !== undefined ? names : undefined };
}

/** Returns a route that sends every alert to each of the receivers; undefined without receivers. */
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
