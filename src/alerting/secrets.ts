import { ownValue } from "../lib/own.ts";

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

/** The same names elsewhere are no secrets. */
const secretIn: Readonly<Record<string, string>> = {
  api_url: "slack_configs",
  routing_key: "pagerduty_configs",
  key: "tls_config",
};

/** Whether what stands there lets its holder in, or write to a channel. */
export function isSecretField(path: Path, value: string): boolean {
  const names = path.filter((part) => typeof part === "string");
  const name = names.at(-1) ?? "";
  if (secretFields.has(name)) return true;
  const within = ownValue(secretIn, name);
  if (within !== undefined) return names.includes(within);
  if (names.at(-2) === "secrets" && names.includes("http_headers")) return true;
  return name === "url" && names.includes("webhook_configs") && holdsLogin(value);
}

function holdsLogin(url: string): boolean {
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

/** The secrets that are written out in a configuration instead of being referred to. */
export function writtenSecrets(config: unknown): WrittenSecret[] {
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
const ofMessages: readonly string[] =
  "Alertmanager alert alerts expected false found label list mapping number template text there true value".split(
    " ",
  );

/**
 * Those of some secrets that a message about the configuration has to hide: not what also stands openly in it, as a key or a
 * name does, and no word of the messages themselves. Hiding such a word would spoil the message and reveal the secret.
 */
export function hiddenInMessages(config: unknown, secrets: readonly string[]): string[] {
  const open = new Set(ofMessages);
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

/** A name for the environment variable that could hold what stands there: `SLACK_API_URL`. */
export function variableFor(path: Path): string {
  const names = path.filter((part) => typeof part === "string");
  const integration = names.find((name) => name.endsWith("_configs"))?.replace(/_configs$/, "");
  const name = names.at(-1) ?? "";
  const words = integration === undefined || name.startsWith(integration) ? name : `${integration}_${name}`;
  return words.toUpperCase().replace(/\W/g, "_");
}
