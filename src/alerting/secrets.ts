import { getOwnValue, isMapping } from "../lib/object.ts";

type Path = readonly (string | number)[];

/**
 * Fields of type Secret or SecretURL in Alertmanager's configuration, by their names (config/ of Alertmanager and
 * config/http_config.go of prometheus/common).
 */
const secretFields: ReadonlySet<string> = new Set([
  "alert_source_token",
  "api_key",
  "api_secret",
  "app_token",
  "auth_password",
  "auth_secret",
  "bearer_token",
  "bot_token",
  "client_certificate_key",
  "client_secret",
  "credentials",
  "mattermost_webhook_url",
  "opsgenie_api_key",
  "password",
  "rocketchat_token",
  "rocketchat_token_id",
  "secret_key",
  "service_key",
  "slack_api_url",
  "slack_app_token",
  "smtp_auth_password",
  "smtp_auth_secret",
  "telegram_bot_token",
  "token",
  "token_id",
  "user_key",
  "victorops_api_key",
  "webhook_url",
  "wechat_api_secret",
]);

/** Fields that are secrets only inside the given section. */
const sectionBySecretField: Readonly<Record<string, string>> = {
  api_url: "slack_configs",
  routing_key: "pagerduty_configs",
  key: "tls_config",
};

/**
 * True if the value at this key is a credential, or allows its owner to write to a channel. A webhook's URL only
 * counts if it contains a credential.
 */
export function isSecretField(path: Path, value: string): boolean {
  const names = path.filter((part) => typeof part === "string");
  const name = names.at(-1) ?? "";
  if (secretFields.has(name)) return true;
  const section = getOwnValue(sectionBySecretField, name);
  if (section !== undefined) return names.includes(section);
  if (names.at(-2) === "secrets" && names.includes("http_headers")) return true;
  return name === "url" && names.includes("webhook_configs") && hasCredentialInUrl(value);
}

/** True if a URL contains user information, or a parameter such as a token. */
function hasCredentialInUrl(url: string): boolean {
  const names = [...url.matchAll(/[?&]([\w-]+)=[^&\s]/g)].map(([, name = ""]) => name);
  return /^[a-z]+:\/\/[^/@\s]+@/i.test(url) || names.some((name) => /token|key|secret|sig/i.test(name));
}

/**
 * True if a text is a placeholder instead of a real secret: `YOUR_SLACK_WEBHOOK_URL`, `your-app-password`, `<token>`,
 * `changeme`, or Slack's own example.
 */
export function isPlaceholder(text: string): boolean {
  return (
    /^(<[^<>]*>|(your|my)[-_ ][\w -]*|(change|replace)[-_ ]?(me|this)|todo|x{4,}|\.{3,})$/i.test(
      text.trim(),
    ) || /\/(services|workflows)\/(x{3,}|your|T0{6,})/i.test(text)
  );
}

/** A secret in a text, e.g. in a configuration that is kept in git. */
export interface WrittenSecret {
  readonly path: Path;
  readonly value: string;
  readonly isPlaceholder: boolean;
}

/** Returns the secrets whose text is in the configuration itself instead of a reference. */
export function findWrittenSecrets(config: unknown): WrittenSecret[] {
  const secrets: WrittenSecret[] = [];
  const visit = (node: unknown, path: Path): void => {
    if (typeof node === "string") {
      if (node !== "" && !node.includes("${") && isSecretField(path, node))
        secrets.push({ path, value: node, isPlaceholder: isPlaceholder(node) });
    } else if (Array.isArray(node)) {
      for (const [index, child] of node.entries()) visit(child, [...path, index]);
    } else if (typeof node === "object" && node !== null) {
      for (const [key, child] of Object.entries(node)) visit(child, [...path, key]);
    }
  };
  visit(config, []);
  return secrets;
}

/** Words that the messages about a configuration contain. */
const messageWords: readonly string[] =
  "Alertmanager alert alerts expected false found label list mapping number template text there true value".split(
    " ",
  );

/**
 * Returns the secrets that messages about the configuration must hide. Leaves out texts that the configuration also
 * contains openly, for example as a name, and words of the messages themselves: to hide such a word would spoil the
 * message and reveal the secret.
 */
export function selectHiddenSecrets(config: unknown, secrets: readonly string[]): string[] {
  const openWords = new Set(messageWords);
  const visit = (node: unknown, path: Path): void => {
    if (Array.isArray(node)) {
      for (const [index, child] of node.entries()) visit(child, [...path, index]);
    } else if (typeof node === "object" && node !== null) {
      for (const [key, child] of Object.entries(node)) {
        for (const word of [key, ...key.split("_")]) openWords.add(word);
        visit(child, [...path, key]);
      }
    } else if (typeof node !== "string" || !isSecretField(path, node)) openWords.add(String(node));
  };
  visit(config, []);
  return secrets.filter((secret) => !openWords.has(secret));
}

/** Returns a name of an environment variable for the secret at a path: `SLACK_API_URL`. */
export function suggestVariable(path: Path): string {
  const names = path.filter((part) => typeof part === "string");
  const integration = names.find((name) => name.endsWith("_configs"))?.replace(/_configs$/, "");
  const name = names.at(-1) ?? "";
  const words = integration === undefined || name.startsWith(integration) ? name : `${integration}_${name}`;
  return words.toUpperCase().replace(/\W/g, "_");
}

type Mapping = Record<string, unknown>;

/**
 * True if a configuration has integrations, but only with placeholders instead of secrets: in the integration itself,
 * or in `global` if the integration has no secret of its own.
 */
export function hasOnlyPlaceholderIntegrations(config: unknown): boolean {
  if (!isMapping(config) || !Array.isArray(config["receivers"])) return false;
  const integrations = config["receivers"].flatMap(listIntegrations);
  const global = findGlobalPlaceholders(config["global"]);
  return (
    integrations.length > 0 && integrations.every(({ key, settings }) => isUnreachable(key, settings, global))
  );
}

/**
 * True if the receiver of the integration at `path` has another integration without a placeholder, so that its alerts
 * still arrive.
 */
export function hasReachableSibling(config: unknown, path: readonly (string | number)[]): boolean {
  const [section, receiverIndex, key, index] = path;
  if (!isMapping(config) || section !== "receivers" || !Array.isArray(config[section])) return false;
  const global = findGlobalPlaceholders(config["global"]);
  return listIntegrations(config[section][Number(receiverIndex)]).some((integration) => {
    const isAtPath = integration.key === key && integration.index === index;
    return !isAtPath && !isUnreachable(integration.key, integration.settings, global);
  });
}

/** An integration of a receiver, with its place in the configuration. */
interface PlacedIntegration {
  /** For example `slack_configs`. */
  readonly key: string;
  /** Position in the list at this key, from 0. */
  readonly index: number;
  readonly settings: unknown;
}

/** Returns the integrations of a receiver with their key and position. */
function listIntegrations(receiver: unknown): PlacedIntegration[] {
  return Object.entries(isMapping(receiver) ? receiver : {}).flatMap(([key, list]) =>
    key.endsWith("_configs") && Array.isArray(list)
      ? list.map((settings: unknown, index) => ({ key, index, settings }))
      : [],
  );
}

/**
 * True if an integration has a placeholder instead of its secret: its own, or the one in `global` if it has none.
 * @param global the names of the global settings that are placeholders
 */
function isUnreachable(key: string, settings: unknown, global: readonly string[]): boolean {
  if (!isMapping(settings)) return false;
  if (findWrittenSecrets({ [key]: settings }).some(({ isPlaceholder }) => isPlaceholder)) return true;
  // `slack_configs` uses global settings such as `slack_api_url`, `email_configs` such as `smtp_auth_password`.
  const prefix = key === "email_configs" ? "smtp_" : key.replace(/configs$/, "");
  return !hasOwnSecret(key, settings) && global.some((name) => name.startsWith(prefix));
}

/** Returns the names of the global settings that are placeholders. */
function findGlobalPlaceholders(global: unknown): string[] {
  return findWrittenSecrets({ global }).flatMap(({ path, isPlaceholder }) =>
    isPlaceholder ? [String(path.at(-1))] : [],
  );
}

/** True if an integration has its own secret, written, referenced or in a file: it overrides the one in `global`. */
function hasOwnSecret(key: string, settings: Mapping): boolean {
  return Object.entries(settings).some(
    ([name, value]) => Boolean(value) && isSecretField([key, name.replace(/_file$/, "")], String(value)),
  );
}
