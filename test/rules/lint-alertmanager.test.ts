import { expect, test } from "vitest";
import { parse } from "yaml";
import { lintAlertmanager } from "../../src/rules/lint-alertmanager.ts";

function lint(yaml: string): string[] {
  const found: string[] = [];
  lintAlertmanager(parse(yaml), (path, problem) => found.push(`${path.join(".")}: ${problem}`));
  return found;
}

const good = `
global: { slack_api_url: 'https://hooks.example.com/x' }
route:
  receiver: a
  group_by: ['...']
  routes: [{ matchers: ['severity=~"(?i)crit.*"'], receiver: b, mute_time_intervals: [night], continue: true }]
receivers:
  - { name: a, slack_configs: [{ channel: x }], pagerduty_configs: [{ routing_key: k }], newer_configs: [{}] }
  - { name: b, email_configs: [{ to: a@b, from: c@d, smarthost: 'mail:587' }], webhook_configs: [{ url: 'http://x' }] }
time_intervals: [{ name: night }]
inhibit_rules: [{ source_matchers: [a=b], target_matchers: ['c!="d"'], equal: [x] }]
templates: []
`;

test("what is right is right", () => {
  expect(lint(good)).toEqual([]);
});

const tail = "receivers: [{name: a}]";
test.each([
  ["[]", ": Alertmanager's configuration is a mapping with route and receivers"],
  [tail, ": there is no route: every alert needs a receiver"],
  [`route: {}\n${tail}`, "route: the root route names no receiver"],
  [`route: {receiver: aa}\n${tail}`, "route.receiver: there is no receiver aa; did you mean a?"],
  [
    `route: {receiver: a, matchers: [a=b]}\n${tail}`,
    "route.matchers: the root route takes every alert: it can't have matchers",
  ],
  [
    `route: {receiver: a, routes: [{receiver: slak}]}\nreceivers: [{name: a}, {name: slack}]`,
    "route.routes.0.receiver: there is no receiver slak; did you mean slack?",
  ],
  [
    `route: {receiver: a, routes: [{matcher: [a=b]}]}\n${tail}`,
    "route.routes.0.matcher: the key matcher is not known; did you mean matchers?",
  ],
  [
    `route: {receiver: a, routes: [{matchers: [severity]}]}\n${tail}`,
    'route.routes.0.matchers.0: bad matcher format: severity; right would be e.g. severity="critical"',
  ],
  [
    `route: {receiver: a, routes: [{matchers: {a: b}}]}\n${tail}`,
    'route.routes.0.matchers: matchers is no list; right would be e.g. - severity="critical"',
  ],
  [
    `route: {receiver: a, routes: [{mute_time_intervals: [x]}]}\n${tail}\ntime_intervals: [{name: xy}]`,
    "route.routes.0.mute_time_intervals.0: there is no time interval x; did you mean xy?",
  ],
  [
    `route: {receiver: a, group_wait: 5 min}\n${tail}`,
    'route.group_wait: "5 min" is no duration; right would be e.g. 30s or 5m',
  ],
  [
    "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]",
    "receivers.1.name: the receiver a is there twice",
  ],
  [
    "route: {receiver: a}\nreceivers: [{name: a}, {slack_configs: []}]",
    "receivers.1: the receiver has no name",
  ],
  [
    `route: {receiver: a}\nreciever: []\n${tail}`,
    "reciever: the key reciever is not known; did you mean receivers?",
  ],
])("%s", (yaml, problem) => {
  expect(lint(yaml)).toEqual([problem]);
});

test.each([
  ["slack_config: []", "slack_config: the key slack_config is not known; did you mean slack_configs?"],
  ["slack_configs: {}", "slack_configs: slack_configs is no list"],
  [
    "slack_configs: [{channel: a}]",
    "slack_configs.0: Slack's address is missing: api_url here, or slack_api_url under global",
  ],
  [
    "slack_configs: [{api_url: YOUR_SLACK_WEBHOOK_URL}]",
    "slack_configs.0.api_url: api_url is no URL; right would be https://...",
  ],
  ["webhook_configs: [{send_resolved: true}]", "webhook_configs.0: url or url_file must be there"],
  [
    "webhook_configs: [{url: 'http://x', url_file: /x}]",
    "webhook_configs.0.url_file: at most one of url and url_file may be there",
  ],
  [
    "email_configs: [{from: a@b, smarthost: 'x:25'}]",
    "email_configs.0: to is missing: nobody would get the e-mail",
  ],
  [
    "email_configs: [{to: a@b, smarthost: 'x:25'}]",
    "email_configs.0: the sender is missing: from here, or smtp_from under global",
  ],
  [
    "email_configs: [{to: a@b, from: a@b}]",
    "email_configs.0: the server is missing: smarthost here, or smtp_smarthost under global",
  ],
  [
    "email_configs: [{to: a@b, from: a@b, smarthost: smtp.example.com}]",
    'email_configs.0.smarthost: "smtp.example.com" is no host:port',
  ],
])("of a receiver: %s", (yaml, problem) => {
  expect(lint(`route: {receiver: a}\nreceivers: [{name: a, ${yaml}}]`)).toEqual([`receivers.0.${problem}`]);
});
