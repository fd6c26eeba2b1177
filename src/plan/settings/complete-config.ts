import { isMapping } from "../../lib/object.ts";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Returns Alertmanager's configuration from the values of a chart that is not loaded, completed with substitutes for the
 * chart's own values. So a value that only the chart has is never reported as missing.
 */
export function completeConfigInValues(data: unknown): unknown {
  if (!isMapping(data)) return data;
  const configuredReceivers = data["receivers"];
  const route = isMapping(data["route"]) ? data["route"] : {};
  const names = Array.isArray(configuredReceivers)
    ? configuredReceivers.flatMap((receiver: unknown) =>
        isMapping(receiver) ? [String(receiver["name"])] : [],
      )
    : [];
  const receivers =
    configuredReceivers ??
    [...new Set(["default-receiver", ...listRoutedReceivers(route)])].map((name) => ({ name }));
  const firstName = names[0] ?? "default-receiver";
  return {
    ...data,
    receivers,
    ...(data["route"] === undefined || isMapping(data["route"])
      ? { route: { receiver: firstName, ...route } }
      : {}),
  };
}

/** Returns the names of the receivers that a route and its subroutes lead to. */
function listRoutedReceivers({ receiver, routes }: Mapping): string[] {
  const receiversBelow = Array.isArray(routes) ? routes.filter(isMapping).flatMap(listRoutedReceivers) : [];
  return [...(typeof receiver === "string" ? [receiver] : []), ...receiversBelow];
}

export interface Completed {
  readonly config: Record<string, unknown>;
  /** The receivers of the route that was added because the configuration had none; undefined if none was added. */
  readonly madeRouteTo: readonly string[] | undefined;
}

/**
 * Alertmanager's own defaults for keys that the root route leaves out (dispatch/route.go). The charts have other
 * defaults.
 */
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
  const isRouteMissing = config["route"] === undefined || config["route"] === null;
  const receivers = Array.isArray(config["receivers"]) ? config["receivers"] : [];
  const names = receivers.flatMap((receiver: unknown) => {
    const name = (receiver as { name?: unknown } | null)?.name;
    return typeof name === "string" && name !== "" ? [name] : [];
  });
  const [firstName] = names;
  const route = isRouteMissing ? createRoute(names) : config["route"];
  const isRouteMapping = typeof route === "object" && route !== null && !Array.isArray(route);
  const completed = {
    ...config,
    global: config["global"] ?? {},
    inhibit_rules: config["inhibit_rules"] ?? [],
    ...(route === undefined
      ? {}
      : { route: isRouteMapping ? { ...routeDefaults, ...removeNulls(route) } : route }),
  };
  return { config: completed, madeRouteTo: isRouteMissing && firstName !== undefined ? names : undefined };
}

/** Returns a route that sends every alert to each of the receivers; undefined without receivers. */
function createRoute(names: readonly string[]): Mapping | undefined {
  const [firstName, ...rest] = names;
  if (firstName === undefined) return undefined;
  if (rest.length === 0) return { receiver: firstName };
  return {
    receiver: firstName,
    routes: names.map((receiver, index) => ({
      receiver,
      ...(index < names.length - 1 ? { continue: true } : {}),
    })),
  };
}

function removeNulls(mapping: object): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([, value]) => value !== null));
}
