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

/** A name for the environment variable that could hold what stands there: `SLACK_API_URL`. */
export function variableFor(path: Path): string {
  const names = path.filter((part) => typeof part === "string");
  const integration = names.find((name) => name.endsWith("_configs"))?.replace(/_configs$/, "");
  const name = names.at(-1) ?? "";
  const words = integration === undefined || name.startsWith(integration) ? name : `${integration}_${name}`;
  return words.toUpperCase().replace(/\W/g, "_");
}
