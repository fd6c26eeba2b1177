import { isMapping } from "../config/mapping.ts";
import { didYouMean, nearest } from "../config/suggest.ts";
import type { Complain } from "./mistake.ts";

type Mapping = Record<string, unknown>;
type Path = readonly (string | number)[];

const integrationNames = [
  "discord",
  "email",
  "incidentio",
  "jira",
  "mattermost",
  "msteams",
  "msteamsv2",
  "opsgenie",
  "pagerduty",
  "pushover",
  "rocketchat",
  "slack",
  "sns",
  "telegram",
  "victorops",
  "webex",
  "webhook",
  "wechat",
];
const integrations = integrationNames.map((name) => `${name}_configs`);

/** Of a receiver: what it is made of, and whether each integration knows where to send to. */
export function lintReceiver(receiver: Mapping, global: Mapping, path: Path, complain: Complain): void {
  for (const [key, value] of Object.entries(receiver)) {
    if (key === "name" || key === "labels") continue;
    const at = [...path, key];
    // A newer Alertmanager may know more of them.
    const meant = integrations.includes(key)
      ? undefined
      : nearest(key.replace(/_configs$/, ""), integrationNames);
    if (!key.endsWith("_configs"))
      complain(at, `the key ${key} is not known; ${didYouMean(key, integrations)}`);
    else if (meant !== undefined) complain(at, `the key ${key} is not known; did you mean ${meant}_configs?`);
    else if (value !== null && !Array.isArray(value)) complain(at, `${key} is no list`);
    for (const [index, one] of (Array.isArray(value) ? value : []).entries()) {
      if (!isMapping(one)) continue;
      bothWays(one, [...at, index], complain);
      lintIntegration(key, one, global, [...at, index], complain);
    }
  }
}

/** A secret is given itself or as a file. */
export function bothWays(own: Mapping, path: Path, complain: Complain): void {
  for (const key of Object.keys(own)) {
    const plain = key.replace(/_file$/, "");
    if (plain !== key && own[plain] && own[key])
      complain([...path, key], `at most one of ${plain} and ${key} may be there`);
  }
}

function lintIntegration(key: string, own: Mapping, global: Mapping, path: Path, complain: Complain): void {
  const has = (mapping: Mapping, ...names: string[]) =>
    names.some((name) => mapping[name] !== undefined && mapping[name] !== null && mapping[name] !== "");
  switch (key) {
    case "slack_configs":
      url(own, "api_url", path, complain);
      if (
        !has(own, "api_url", "api_url_file", "app_token", "app_token_file") &&
        !has(global, "slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file")
      )
        complain(path, "Slack's address is missing: api_url here, or slack_api_url under global");
      return;
    case "webhook_configs":
      url(own, "url", path, complain);
      if (!has(own, "url", "url_file")) complain(path, "url or url_file must be there");
      return;
    case "email_configs":
      if (!has(own, "to")) complain(path, "to is missing: nobody would get the e-mail");
      if (!has(own, "from") && !has(global, "smtp_from"))
        complain(path, "the sender is missing: from here, or smtp_from under global");
      if (!has(own, "smarthost") && !has(global, "smtp_smarthost"))
        complain(path, "the server is missing: smarthost here, or smtp_smarthost under global");
      if (has(own, "smarthost") && !/^(\[[^\]]+\]|[^:]+)?:\w+$/.test(String(own["smarthost"])))
        complain([...path, "smarthost"], `${JSON.stringify(own["smarthost"])} is no host:port`);
  }
}

/** Newer Alertmanagers take templates in some of them. */
function url(own: Mapping, key: string, path: Path, complain: Complain): void {
  const value = own[key];
  if (typeof value !== "string" || value === "" || value === "<secret>" || value.includes("{{")) return;
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol) && parsed.host !== "") return;
  // It can be a secret, so it is not shown.
  complain([...path, key], `${key} is no URL; right would be https://...`);
}
