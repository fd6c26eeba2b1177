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

/** Alertmanager's configuration with the addresses of its receivers replaced. */
interface RedirectedConfig {
  readonly config: Mapping;
  /** Every integration that now sends to monstack. */
  readonly endpoints: readonly Endpoint[];
}

/** The longest wait of an alert group while monstack is the receiver. Longer waits are shortened to it. */
export const groupWait = "1s";

/**
 * Returns the configuration with every integration of every receiver sending to monstack. Names, routing, matchers,
 * grouping, inhibition and the user's templates are kept; addresses, credentials and TLS settings are removed.
 * Integrations other than Slack and e-mail become webhooks. If no receiver has an integration, each one gets a webhook.
 * If only some have none, these stay empty, since that is intended.
 */
export function redirectReceivers(config: Mapping, address: CaptureAddress): RedirectedConfig {
  const receivers = asMappings(config["receivers"]);
  const haveNoIntegration = receivers.every((receiver) => !hasIntegration(receiver));
  const redirected = receivers.map((receiver) =>
    redirectReceiver(haveNoIntegration ? { ...receiver, webhook_configs: [{}] } : receiver, address),
  );
  return {
    config: {
      ...config,
      ...(isMapping(config["global"]) ? { global: redirectGlobal(config["global"]) } : {}),
      route: shortenWaits(config["route"] ?? {}, true),
      receivers: redirected.map(({ receiver }) => receiver),
    },
    endpoints: redirected.flatMap(({ endpoints }) => endpoints),
  };
}

/** True if a receiver has an integration, so that it notifies somebody. */
export function hasIntegration(receiver: unknown): boolean {
  return isMapping(receiver) && listIntegrationKeys(receiver).length > 0;
}

/** Returns the keys of a receiver's integrations, for example `slack_configs`. */
function listIntegrationKeys(receiver: Mapping): string[] {
  return Object.keys(receiver).filter((key) => {
    const list = receiver[key];
    return key.endsWith("_configs") && Array.isArray(list) && list.length > 0;
  });
}

/** Returns a receiver with its integrations redirected, and the endpoint of each integration. */
function redirectReceiver(
  original: Mapping,
  address: CaptureAddress,
): { receiver: Mapping; endpoints: Endpoint[] } {
  const name = String(original["name"] ?? "");
  const receiver = Object.fromEntries(Object.entries(original).filter(([key]) => !key.endsWith("_configs")));
  const endpoints: Endpoint[] = [];
  for (const key of listIntegrationKeys(original)) {
    const integration = key.replace(/_configs$/, "");
    for (const [index, settings] of (original[key] as unknown[]).entries()) {
      const endpoint = { receiver: name, integration, index };
      const targetKey = key === "slack_configs" || key === "email_configs" ? key : "webhook_configs";
      endpoints.push(endpoint);
      receiver[targetKey] = [
        ...asList(receiver[targetKey]),
        redirectIntegration(targetKey, isMapping(settings) ? settings : {}, endpoint, address),
      ];
    }
  }
  return { receiver, endpoints };
}

/** A template that Alertmanager fills in: the probes of the firing alerts in a message for people. `findProbes` reads them. */
const probesTemplate = `monstack-probes({{ range .Alerts.Firing }}{{ .Labels.${probeLabel} }} {{ end }})`;

/**
 * Returns an integration that sends to monstack, under the key `slack_configs`, `email_configs` or `webhook_configs`.
 */
function redirectIntegration(
  key: string,
  settings: Mapping,
  endpoint: Endpoint,
  address: CaptureAddress,
): Mapping {
  if (key === "slack_configs") {
    // A message_text is sent alone, without the attachment's other fields.
    const probesKey = settings["message_text"] === undefined ? "callback_id" : "message_text";
    const text = settings[probesKey];
    return {
      ...omitKeys(settings, [...connectionKeys, ...slackAccessKeys]),
      api_url: buildEndpointUrl(address, endpoint),
      [probesKey]: typeof text === "string" ? `${text} ${probesTemplate}` : probesTemplate,
    };
  }
  if (key === "email_configs") {
    const authKeys = Object.keys(settings).filter((name) => name.startsWith("auth_"));
    return {
      from: "alertmanager@monstack.invalid",
      ...omitKeys(settings, [...connectionKeys, ...authKeys, "force_implicit_tls"]),
      smarthost: formatSmarthost(address),
      require_tls: false,
      headers: {
        ...(isMapping(settings["headers"]) ? settings["headers"] : {}),
        [endpointHeader]: formatMailMark(address, endpoint),
        [probeHeader]: probesTemplate,
      },
    };
  }
  // Other integrations become webhooks, and have only `send_resolved` in common with them.
  const keptKeys = endpoint.integration === "webhook" ? keptWebhookKeys : ["send_resolved"];
  return {
    ...Object.fromEntries(keptKeys.filter((name) => name in settings).map((name) => [name, settings[name]])),
    url: buildEndpointUrl(address, endpoint),
  };
}

/**
 * True if `redirectReceivers` replaces the value at a key path of a configuration. A secret at that path is not needed.
 */
export function isReplacedByRedirect(path: readonly (string | number)[]): boolean {
  // The path of an integration is `receivers`, INDEX, `KIND_configs`, INDEX, FIELD.
  const [section, , key, , field = ""] = path.map(String);
  if (section === "global") return !keptGlobalKeys.includes(String(path[1]));
  if (section !== "receivers" || !key?.endsWith("_configs")) return false;
  if (key === "slack_configs") return [...connectionKeys, ...slackAccessKeys].includes(field);
  if (key === "email_configs")
    return (
      [...connectionKeys, "smarthost", "force_implicit_tls"].includes(field) || field.startsWith("auth_")
    );
  return !keptWebhookKeys.includes(field);
}

/** The settings of a webhook that do not concern its address. */
const keptWebhookKeys = ["send_resolved", "max_alerts", "timeout"];

/** The keys that concern the connection to the replaced server. */
const connectionKeys = ["http_config", "tls_config"];
/** The keys with the address of Slack, with a credential, or for requests that only Slack answers. */
const slackAccessKeys = [
  "api_url",
  "api_url_file",
  "app_token",
  "app_token_file",
  "app_url",
  "update_message",
];

/** The global settings that are kept: they contain neither an address nor a secret. */
const keptGlobalKeys = ["resolve_timeout", "smtp_from", "smtp_hello"];

/** Returns the global settings without addresses and secrets. */
function redirectGlobal(settings: Mapping): Mapping {
  return Object.fromEntries(
    keptGlobalKeys.filter((name) => name in settings).map((name) => [name, settings[name]]),
  );
}

/** Returns monstack's SMTP address as `host:port`. */
function formatSmarthost({ host, smtpPort }: CaptureAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${smtpPort}`;
}

/**
 * Returns the route with its waits shortened, and those of the routes below it. The root always gets waits; in other
 * routes only existing waits are replaced.
 */
function shortenWaits(route: unknown, isRoot = false): unknown {
  if (!isMapping(route)) return route;
  const waits = Object.fromEntries(
    ["group_wait", "group_interval"]
      .filter((name) => isRoot || route[name] !== undefined)
      .map((name) => [name, isShort(route[name]) ? route[name] : groupWait]),
  );
  const routes = Array.isArray(route["routes"])
    ? { routes: route["routes"].map((child) => shortenWaits(child)) }
    : {};
  return { ...route, ...waits, ...routes };
}

/** True if a duration is at most a second, but not `0s`. */
function isShort(duration: unknown): boolean {
  return typeof duration === "string" && /^(\d+ms|[01]s)$/.test(duration) && duration !== "0s";
}

/** Returns the mapping without some keys. */
function omitKeys(mapping: Mapping, names: readonly string[]): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([name]) => !names.includes(name)));
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function asMappings(value: unknown): Mapping[] {
  return asList(value).filter(isMapping);
}
