import { isMapping } from "../lib/object.ts";
import {
  buildEndpointUrl,
  type CaptureAddress,
  type Endpoint,
  endpointHeader,
  formatMailMark,
  probeHeader,
} from "./endpoints.ts";
import { probeLabel } from "./own-alerts.ts";

type Mapping = Record<string, unknown>;

/** Alertmanager's configuration with its receivers' addresses replaced. */
export interface Redirected {
  readonly config: Mapping;
  /** Every integration that now leads to monstack. */
  readonly endpoints: readonly Endpoint[];
}

/** How long Alertmanager may hold a group back under capture; only what is longer is shortened. */
export const groupWait = "1s";

/**
 * Makes every integration of every receiver lead to monstack. Names, routing, matchers, grouping, inhibition and the
 * user's templates stay; addresses, credentials and TLS go. What is neither Slack nor e-mail arrives as a webhook. When no
 * receiver has an integration, each gets a webhook; a receiver that is empty beside others is meant to be.
 */
export function redirectReceivers(config: Mapping, at: CaptureAddress): Redirected {
  const receivers = asMappings(config["receivers"]);
  const isSilent = receivers.every((receiver) => !hasIntegration(receiver));
  const redirected = receivers.map((receiver) =>
    redirectReceiver(isSilent ? { ...receiver, webhook_configs: [{}] } : receiver, at),
  );
  return {
    config: {
      ...config,
      ...(isMapping(config["global"]) ? { global: redirectGlobal(config["global"]) } : {}),
      route: shortenWaits(config["route"] ?? {}, true),
      receivers: redirected.map((one) => one.receiver),
    },
    endpoints: redirected.flatMap((one) => one.endpoints),
  };
}

/** True if a receiver notifies anybody. */
export function hasIntegration(receiver: unknown): boolean {
  return isMapping(receiver) && listIntegrationKeys(receiver).length > 0;
}

function listIntegrationKeys(receiver: Mapping): string[] {
  return Object.keys(receiver).filter((key) => {
    const list = receiver[key];
    return key.endsWith("_configs") && Array.isArray(list) && list.length > 0;
  });
}

function redirectReceiver(given: Mapping, at: CaptureAddress): { receiver: Mapping; endpoints: Endpoint[] } {
  const name = String(given["name"] ?? "");
  const receiver = Object.fromEntries(Object.entries(given).filter(([key]) => !key.endsWith("_configs")));
  const endpoints: Endpoint[] = [];
  for (const key of listIntegrationKeys(given)) {
    const integration = key.replace(/_configs$/, "");
    for (const [index, one] of (given[key] as unknown[]).entries()) {
      const endpoint = { receiver: name, integration, index };
      const to = key === "slack_configs" || key === "email_configs" ? key : "webhook_configs";
      endpoints.push(endpoint);
      receiver[to] = [
        ...asList(receiver[to]),
        redirectIntegration(to, isMapping(one) ? one : {}, endpoint, at),
      ];
    }
  }
  return { receiver, endpoints };
}

/** Alertmanager fills it in: says in a message for people which alerts it is about. `probesIn` reads it again. */
const probesTemplate = `monstack-probes({{ range .Alerts.Firing }}{{ .Labels.${probeLabel} }} {{ end }})`;

function redirectIntegration(key: string, own: Mapping, endpoint: Endpoint, at: CaptureAddress): Mapping {
  if (key === "slack_configs") {
    // A message_text goes out alone, without what else an attachment has.
    const carrier = own["message_text"] === undefined ? "callback_id" : "message_text";
    return {
      ...omitKeys(own, [...connection, ...slackAccess]),
      api_url: buildEndpointUrl(at, endpoint),
      [carrier]: [...(typeof own[carrier] === "string" ? [own[carrier]] : []), probesTemplate].join(" "),
    };
  }
  if (key === "email_configs") {
    const auth = Object.keys(own).filter((name) => name.startsWith("auth_"));
    return {
      from: "alertmanager@monstack.invalid",
      ...omitKeys(own, [...connection, ...auth, "force_implicit_tls"]),
      smarthost: formatSmarthost(at),
      require_tls: false,
      headers: {
        ...(isMapping(own["headers"]) ? own["headers"] : {}),
        [endpointHeader]: formatMailMark(at, endpoint),
        [probeHeader]: probesTemplate,
      },
    };
  }
  const kept =
    endpoint.integration === "webhook" ? ["send_resolved", "max_alerts", "timeout"] : ["send_resolved"];
  return {
    ...Object.fromEntries(kept.filter((name) => name in own).map((name) => [name, own[name]])),
    url: buildEndpointUrl(at, endpoint),
  };
}

/** True if `redirectReceivers` replaces the value at a key path of a configuration, so that a secret there is not needed. */
export function isRedirected(path: readonly (string | number)[]): boolean {
  const [top, , key, , field = ""] = path.map(String);
  if (top === "global") return !globalKept.includes(String(path[1]));
  if (top !== "receivers" || !key?.endsWith("_configs")) return false;
  if (key === "slack_configs") return [...connection, ...slackAccess].includes(field);
  if (key === "email_configs")
    return [...connection, "smarthost", "force_implicit_tls"].includes(field) || field.startsWith("auth_");
  return !["send_resolved", "max_alerts", "timeout"].includes(field);
}

/** How to get to a server that is asked no more. */
const connection = ["http_config", "tls_config"];
const slackAccess = ["api_url", "api_url_file", "app_token", "app_token_file", "app_url", "update_message"];

/** Only these settings for all receivers are about what is sent, not about where to and with which secret. */
const globalKept = ["resolve_timeout", "smtp_from", "smtp_hello"];

function redirectGlobal(own: Mapping): Mapping {
  return Object.fromEntries(globalKept.filter((name) => name in own).map((name) => [name, own[name]]));
}

function formatSmarthost({ host, smtpPort }: CaptureAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${smtpPort}`;
}

/** Shortens the waits of a route. The root always gets its own; below it only what is written is replaced. */
function shortenWaits(route: unknown, isRoot = false): unknown {
  if (!isMapping(route)) return route;
  const quick = Object.fromEntries(
    ["group_wait", "group_interval"]
      .filter((name) => isRoot || route[name] !== undefined)
      .map((name) => [name, isShort(route[name]) ? route[name] : groupWait]),
  );
  const routes = Array.isArray(route["routes"])
    ? { routes: route["routes"].map((one) => shortenWaits(one)) }
    : {};
  return { ...route, ...quick, ...routes };
}

function isShort(duration: unknown): boolean {
  return typeof duration === "string" && /^(\d+ms|[01]s)$/.test(duration) && duration !== "0s";
}

function omitKeys(mapping: Mapping, names: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([name]) => !names.includes(name)));
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function asMappings(value: unknown): Mapping[] {
  return asList(value).filter(isMapping);
}
