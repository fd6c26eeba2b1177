import { isMapping, ownValue } from "../lib/object.ts";

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

/** The same names elsewhere are not secrets. */
const secretIn: Readonly<Record<string, string>> = {
  api_url: "slack_configs",
  routing_key: "pagerduty_configs",
  key: "tls_config",
};

/** True if the value at this key is a login, or lets its holder write to a channel. */
export function isSecretField(path: Path, value: string): boolean {
  const names = path.filter((part) => typeof part === "string");
  const name = names.at(-1) ?? "";
  if (secretFields.has(name)) return true;
  const within = ownValue(secretIn, name);
  if (within !== undefined) return names.includes(within);
  if (names.at(-2) === "secrets" && names.includes("http_headers")) return true;
  return name === "url" && names.includes("webhook_configs") && hasLogin(value);
}

function hasLogin(url: string): boolean {
  const names = [...url.matchAll(/[?&]([\w-]+)=[^&\s]/g)].map(([, name = ""]) => name);
  return /^[a-z]+:\/\/[^/@\s]+@/i.test(url) || names.some((name) => /token|key|secret|sig/i.test(name));
}

/** `YOUR_SLACK_WEBHOOK_URL`, `your-app-password`, `<token>`, `changeme`, Slack's own example: nobody's secret. */
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

/** Returns the secrets that are written out in a configuration instead of being referred to. */
export function findWrittenSecrets(config: unknown): WrittenSecret[] {
  const found: WrittenSecret[] = [];
  const visit = (node: unknown, path: Path): void => {
    if (typeof node === "string") {
      if (node !== "" && !node.includes("${") && isSecretField(path, node))
        found.push({ path, value: node, isPlaceholder: isPlaceholder(node) });
    } else if (Array.isArray(node)) {
      for (const [index, one] of node.entries()) visit(one, [...path, index]);
    } else if (typeof node === "object" && node !== null) {
      for (const [key, one] of Object.entries(node)) visit(one, [...path, key]);
    }
  };
  visit(config, []);
  return found;
}

/** Words of which messages about a configuration are made. */
const messageWords: readonly string[] =
  "Alertmanager alert alerts expected false found label list mapping number template text there true value".split(
    " ",
  );

/**
 * Returns those of some secrets that a message about the configuration has to hide: not what also stands openly in it, as a key or a
 * name does, and no word of the messages themselves. Hiding such a word would spoil the message and reveal the secret.
 */
export function selectHiddenSecrets(config: unknown, secrets: readonly string[]): string[] {
  const open = new Set(messageWords);
  const visit = (node: unknown, path: Path): void => {
    if (Array.isArray(node)) {
      for (const [index, one] of node.entries()) visit(one, [...path, index]);
    } else if (typeof node === "object" && node !== null) {
      for (const [key, one] of Object.entries(node)) {
        for (const word of [key, ...key.split("_")]) open.add(word);
        visit(one, [...path, key]);
      }
    } else if (typeof node !== "string" || !isSecretField(path, node)) open.add(String(node));
  };
  visit(config, []);
  return secrets.filter((secret) => !open.has(secret));
}

/** Returns a name for the environment variable that could hold what stands there: `SLACK_API_URL`. */
export function suggestVariable(path: Path): string {
  const names = path.filter((part) => typeof part === "string");
  const integration = names.find((name) => name.endsWith("_configs"))?.replace(/_configs$/, "");
  const name = names.at(-1) ?? "";
  const words = integration === undefined || name.startsWith(integration) ? name : `${integration}_${name}`;
  return words.toUpperCase().replace(/\W/g, "_");
}

type Mapping = Record<string, unknown>;

/**
 * True if a configuration has receivers but could reach none of them: each integration has a placeholder where its
 * secret belongs, in itself or, when it has none of its own, in `global`.
 */
export function namesOnlyPlaceholders(config: unknown): boolean {
  if (!isMapping(config) || !Array.isArray(config["receivers"])) return false;
  const integrations = config["receivers"].flatMap(listIntegrations);
  const global = findGlobalPlaceholders(config["global"]);
  return integrations.length > 0 && integrations.every(({ key, one }) => isUnreachable(key, one, global));
}

/** True if the receiver of an integration has another one that could be reached: its alerts arrive all the same. */
export function hasReachableBeside(config: unknown, path: readonly (string | number)[]): boolean {
  const [list, receiver, key, place] = path;
  if (!isMapping(config) || list !== "receivers" || !Array.isArray(config[list])) return false;
  const global = findGlobalPlaceholders(config["global"]);
  return listIntegrations(config[list][Number(receiver)]).some(
    (one) => !(one.key === key && one.place === place) && !isUnreachable(one.key, one.one, global),
  );
}

function listIntegrations(receiver: unknown) {
  return Object.entries(isMapping(receiver) ? receiver : {}).flatMap(([key, list]) =>
    key.endsWith("_configs") && Array.isArray(list)
      ? list.map((one: unknown, place) => ({ key, one, place }))
      : [],
  );
}

function isUnreachable(key: string, own: unknown, global: readonly string[]): boolean {
  if (!isMapping(own)) return false;
  if (findWrittenSecrets({ [key]: own }).some(({ isPlaceholder }) => isPlaceholder)) return true;
  const prefix = key === "email_configs" ? "smtp_" : key.replace(/configs$/, "");
  return !hasOwnSecret(key, own) && global.some((name) => name.startsWith(prefix));
}

function findGlobalPlaceholders(global: unknown): string[] {
  return findWrittenSecrets({ global }).flatMap(({ path, isPlaceholder }) =>
    isPlaceholder ? [String(path.at(-1))] : [],
  );
}

/** Written out, referred to, or in a file: any of them goes over the one in `global`. */
function hasOwnSecret(key: string, own: Mapping): boolean {
  return Object.entries(own).some(
    ([name, value]) => Boolean(value) && isSecretField([key, name.replace(/_file$/, "")], String(value)),
  );
}
