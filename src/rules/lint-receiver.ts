import { isMapping } from "../config/mapping.ts";
import { didYouMean, nearest } from "../config/suggest.ts";
import { ownValue } from "../lib/own.ts";
import type { Complain } from "./mistake.ts";
import { integrationFields, integrationNeeds } from "./receiver-fields.ts";

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
  const has = (mapping: Mapping, names: readonly string[]) =>
    names.some((name) => mapping[name] !== undefined && mapping[name] !== null && mapping[name] !== "");
  slips(own, ownValue(integrationFields, key), path, complain);
  for (const name of ["api_url", "url", "webhook_url"]) url(own, name, path, complain);
  for (const needed of ownValue(integrationNeeds, key) ?? [])
    if (!has(own, needed.own) && !has(global, needed.global)) complain(path, needed.message);
  const { smarthost } = own;
  if (smarthost && !/^(\[[^\]]+\]|[^:]+)?:\w+$/.test(String(smarthost)))
    complain([...path, "smarthost"], `${JSON.stringify(smarthost)} is no host:port`);
  if (key === "opsgenie_configs") responders(own["responders"], [...path, "responders"], complain);
}

/** Keys that look like slips of the pen; others may be a newer Alertmanager's. */
export function slips(
  mapping: Mapping,
  known: readonly string[] | undefined,
  path: Path,
  complain: Complain,
): void {
  if (known === undefined) return;
  for (const key of Object.keys(mapping)) {
    const meant = known.includes(key) ? undefined : nearest(key, known);
    if (meant !== undefined) complain([...path, key], `the key ${key} is not known; did you mean ${meant}?`);
  }
}

function responders(value: unknown, path: Path, complain: Complain): void {
  for (const [index, one] of (Array.isArray(value) ? value : []).entries()) {
    if (!isMapping(one)) continue;
    const { id, name, username, type } = one;
    if (!id && !name && !username)
      complain([...path, index], "a responder needs one of id, name and username");
    const kinds = /^(team|teams|user|escalation|schedule)$/i;
    if (typeof type !== "string" || (!type.includes("{{") && !kinds.test(type)))
      complain([...path, index], "a responder's type is one of team, teams, user, escalation and schedule");
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
