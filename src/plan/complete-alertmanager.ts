import { isMapping } from "../lib/values.ts";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Alertmanager's configuration in the values of a chart that is not at hand, with something in the place of what the chart
 * has there: nothing may be refused for what only the chart says.
 */
export function completeAlertmanager(data: unknown): unknown {
  if (!isMapping(data)) return data;
  const given = data["receivers"];
  const route = isMapping(data["route"]) ? data["route"] : {};
  const names = Array.isArray(given)
    ? given.flatMap((one: unknown) => (isMapping(one) ? [String(one["name"])] : []))
    : [];
  const receivers =
    given ?? [...new Set(["default-receiver", ...receiversOf(route)])].map((name) => ({ name }));
  const first = names[0] ?? "default-receiver";
  return {
    ...data,
    receivers,
    ...(data["route"] === undefined || isMapping(data["route"])
      ? { route: { receiver: first, ...route } }
      : {}),
  };
}

function receiversOf({ receiver, routes }: Mapping): string[] {
  const below = Array.isArray(routes) ? routes.filter(isMapping).flatMap(receiversOf) : [];
  return [...(typeof receiver === "string" ? [receiver] : []), ...below];
}
