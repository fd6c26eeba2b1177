import { isMapping } from "../lib/object.ts";
import type { RenderedApp } from "../model/rendered.ts";

type Path = readonly (string | number)[];

/**
 * The keys that each version of Alertmanager added, by its CHANGELOG.md. An older version does not start with such a key.
 * `route.labels` is the key `labels` below `route`; keys below `routes` count at any depth.
 */
const keysByVersion: Readonly<Record<string, readonly string[]>> = {
  "0.34.0": ["route.labels", "routes.labels"],
  "0.33.0": ["event_recorder", "receivers.labels", "sns_configs.use_aws_http_client"],
  "0.32.0": [
    "webhook_configs.payload",
    "slack_configs.update_message",
    "global.mattermost_webhook_url",
    "global.mattermost_webhook_url_file",
  ],
  "0.31.0": [
    "slack_configs.message_text",
    "email_configs.auth_secret_file",
    "global.smtp_auth_secret_file",
    "email_configs.force_implicit_tls",
    "global.smtp_force_implicit_tls",
    "telegram_configs.chat_id_file",
    "global.telegram_bot_token",
    "global.telegram_bot_token_file",
    "wechat_configs.api_secret_file",
    "global.wechat_api_secret_file",
  ],
  "0.30.0": [
    "receivers.mattermost_configs",
    "tracing",
    "inhibit_rules.name",
    "pagerduty_configs.timeout",
    "slack_configs.timeout",
    "slack_configs.app_token",
    "slack_configs.app_token_file",
    "slack_configs.app_url",
    "global.slack_app_token",
    "global.slack_app_token_file",
    "global.slack_app_url",
    "email_configs.threading",
  ],
  "0.29.0": ["receivers.incidentio_configs"],
  "0.28.0": [
    "receivers.msteamsv2_configs",
    "receivers.rocketchat_configs",
    "receivers.jira_configs",
    "discord_configs.content",
    "discord_configs.username",
    "discord_configs.avatar_url",
    "global.smtp_tls_config",
    "telegram_configs.message_thread_id",
    "webhook_configs.timeout",
  ],
  "0.27.0": [
    "discord_configs.webhook_url_file",
    "msteams_configs.webhook_url_file",
    "msteams_configs.summary",
  ],
  "0.26.0": [
    "receivers.msteams_configs",
    "telegram_configs.bot_token_file",
    "webhook_configs.url_file",
    "pushover_configs.user_key_file",
    "pushover_configs.token_file",
  ],
  "0.25.0": [
    "receivers.discord_configs",
    "receivers.webex_configs",
    "time_intervals.location",
    "email_configs.auth_password_file",
    "global.smtp_auth_password_file",
    "pagerduty_configs.routing_key_file",
    "pagerduty_configs.service_key_file",
    "victorops_configs.api_key_file",
    "global.victorops_api_key_file",
  ],
  "0.24.0": ["receivers.telegram_configs", "time_intervals", "routes.active_time_intervals"],
};

const firstVersionByKey = new Map(
  Object.entries(keysByVersion).flatMap(([version, keys]) =>
    keys.map((key): [string, string] => [key, version]),
  ),
);

/** A key that an Alertmanager of this version does not know yet. */
interface NewerKey {
  readonly path: Path;
  readonly problem: string;
}

/**
 * Returns the keys of a configuration that the deployed Alertmanager is too old for.
 * @param version of the deployed Alertmanager, e.g. `v0.27.0`; nothing is found if it is not a version
 */
export function findNewerKeys(config: unknown, version: string): NewerKey[] {
  const newerKeys: NewerKey[] = [];
  const deployed = parseVersion(version);
  if (deployed === undefined) return newerKeys;
  const addNewerKeys = (node: unknown, path: Path): void => {
    const names = path.filter((step) => typeof step === "string");
    const firstVersion = firstVersionByKey.get(names.slice(-2).join(".")) ?? "0.0.0";
    if (typeof path.at(-1) === "string" && isOlder(deployed, parseVersion(firstVersion) ?? [])) {
      const problem = `Alertmanager ${version.replace(/^v/, "")}, which is deployed, does not know the key ${path.at(-1)}: it came with ${firstVersion}`;
      newerKeys.push({ path, problem });
      return;
    }
    if (Array.isArray(node)) for (const [index, item] of node.entries()) addNewerKeys(item, [...path, index]);
    else if (typeof node === "object" && node !== null)
      for (const [key, value] of Object.entries(node)) addNewerKeys(value, [...path, key]);
  };
  addNewerKeys(config, []);
  return newerKeys;
}

/**
 * Returns the version of the Alertmanager that the rendered charts deploy, from its image tag or its object; undefined if
 * unknown.
 */
export function findDeployedAlertmanager(rendered: readonly RenderedApp[]): string | undefined {
  for (const { kind, spec } of rendered.flatMap(({ objects }) => objects)) {
    if (kind === "Alertmanager" && isMapping(spec)) {
      const version = parseImageTag(spec["image"]) ?? spec["version"];
      if (typeof version === "string") return version;
    }
    const { template } = (isMapping(spec) ? spec : {}) as { template?: { spec?: { containers?: unknown } } };
    const containers = template?.spec?.containers;
    for (const container of Array.isArray(containers) ? containers : []) {
      const tag = parseImageTag((container as { image?: unknown } | null)?.image);
      if (tag !== undefined) return tag;
    }
  }
  return undefined;
}

function parseImageTag(image: unknown): string | undefined {
  return typeof image === "string" ? /(?:^|\/)alertmanager:([^@]+)/.exec(image)?.[1] : undefined;
}

/** True if a deployed Alertmanager is newer than another version, so that it may know more keys. */
export function isNewer(deployed: string, than: string): boolean {
  const [deployedVersion, otherVersion] = [parseVersion(deployed), parseVersion(than)];
  return (
    deployedVersion !== undefined && otherVersion !== undefined && isOlder(otherVersion, deployedVersion)
  );
}

function parseVersion(version: string): readonly number[] | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version);
  return match?.slice(1).map(Number);
}

/** True if the first version is before the second one. */
function isOlder(left: readonly number[], right: readonly number[]): boolean {
  const index = left.findIndex((number, position) => number !== right[position]);
  return index >= 0 && (left[index] ?? 0) < (right[index] ?? 0);
}

/** Matchers in a deprecated notation, and their current notation. */
interface DeprecatedMatchers {
  readonly path: Path;
  /** e.g. `matchers: ['severity="critical"']`. */
  readonly instead: string;
}

/** The current key, and the operator of its matchers, for each deprecated key. */
const deprecatedKeys: Readonly<Record<string, readonly [string, "=" | "=~"]>> = {
  match: ["matchers", "="],
  match_re: ["matchers", "=~"],
  source_match: ["source_matchers", "="],
  source_match_re: ["source_matchers", "=~"],
  target_match: ["target_matchers", "="],
  target_match_re: ["target_matchers", "=~"],
};

/**
 * Returns deprecated matchers (`match`, `match_re` and similar keys) in the routes and inhibition rules of Alertmanager's
 * configuration, each with its current notation.
 */
export function findDeprecatedMatchers(config: unknown): DeprecatedMatchers[] {
  if (!isMapping(config)) return [];
  const rules = Array.isArray(config["inhibit_rules"]) ? config["inhibit_rules"] : [];
  return [
    ...findInRoute(config["route"], ["route"]),
    ...rules.flatMap((rule: unknown, index) => findInMapping(rule, ["inhibit_rules", index])),
  ];
}

/** Returns the deprecated matchers of a route and its subroutes. */
function findInRoute(route: unknown, path: Path): DeprecatedMatchers[] {
  if (!isMapping(route)) return [];
  const routes = Array.isArray(route["routes"]) ? route["routes"] : [];
  return [
    ...findInMapping(route, path),
    ...routes.flatMap((subroute: unknown, index) => findInRoute(subroute, [...path, "routes", index])),
  ];
}

/** Returns the deprecated matchers among the keys of one route or inhibition rule. */
function findInMapping(mapping: unknown, path: Path): DeprecatedMatchers[] {
  if (!isMapping(mapping)) return [];
  return Object.entries(deprecatedKeys).flatMap(([key, [newKey, op]]) => {
    const labels = mapping[key];
    if (!isMapping(labels)) return [];
    const matchers = Object.entries(labels).map(([label, value]) => `'${label}${op}"${value}"'`);
    return [{ path: [...path, key], instead: `${newKey}: [${matchers.join(", ")}]` }];
  });
}
