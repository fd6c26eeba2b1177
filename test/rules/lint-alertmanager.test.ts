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
  [`route: {receiver: a, group_interval: 0s}\n${tail}`, "route.group_interval: group_interval can't be zero"],
  [`route: {receiver: a, group_by: [x, y, x]}\n${tail}`, "route.group_by.2: the label x is there twice"],
  [
    `route: {receiver: a, group_by: ['...', x]}\n${tail}`,
    "route.group_by: `...` groups by all labels, so no other can be beside it",
  ],
  [
    `route: {receiver: a}\n${tail}\ninhibit_rules: [{source_macthers: [a=b]}]`,
    "inhibit_rules.0.source_macthers: the key source_macthers is not known; did you mean source_matchers?",
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
  [
    "slack_configs: [{api_url: 'https://x', chanel: y}]",
    "slack_configs.0.chanel: the key chanel is not known; did you mean channel?",
  ],
  [
    "pagerduty_configs: [{url: 'https://x'}]",
    "pagerduty_configs.0: PagerDuty's key is missing: routing_key (Events API v2) or service_key",
  ],
  [
    "opsgenie_configs: [{}]",
    "opsgenie_configs.0: Opsgenie's key is missing: api_key here, or opsgenie_api_key under global",
  ],
  [
    "opsgenie_configs: [{api_key: k, responders: [{type: team}]}]",
    "opsgenie_configs.0.responders.0: a responder needs one of id, name and username",
  ],
  [
    "opsgenie_configs: [{api_key: k, responders: [{name: x, type: gang}]}]",
    "opsgenie_configs.0.responders.0: a responder's type is one of team, teams, user, escalation and schedule",
  ],
  ["msteams_configs: [{title: x}]", "msteams_configs.0: Teams' address is missing: webhook_url"],
  ["msteamsv2_configs: [{text: x}]", "msteamsv2_configs.0: Teams' address is missing: webhook_url"],
  [
    "msteams_configs: [{webhook_url: nowhere}]",
    "msteams_configs.0.webhook_url: webhook_url is no URL; right would be https://...",
  ],
])("of a receiver: %s", (yaml, problem) => {
  expect(lint(`route: {receiver: a}\nreceivers: [{name: a, ${yaml}}]`)).toEqual([`receivers.0.${problem}`]);
});

test.each([
  ["times: [{start_time: '09:00', end_time: '24:00'}]", undefined],
  [
    "weekdays: ['monday:friday', saturday], days_of_month: ['1:5', '-3:-1'], months: ['1:3', december]",
    undefined,
  ],
  ["years: ['2026:2028', 2030], location: Europe/Berlin", undefined],
  [
    "times: [{start_time: '9:00', end_time: '17:00'}]",
    "times.0: start_time and end_time must both be there as HH:MM, in quotes",
  ],
  [
    "times: [{start_time: '22:00', end_time: '06:00'}]",
    "times.0: start_time is not before end_time; a night is two ranges",
  ],
  ["weekdays: [weekend]", 'weekdays.0: "weekend" is not understood; right would be monday or monday:friday'],
  ["weekdays: ['friday:monday']", 'weekdays.0: "friday:monday" ends before it begins'],
  ["days_of_month: [32]", "days_of_month.0: 32 is no day of a month; right would be 1:5 or -1"],
  ["days_of_month: ['5:1']", "days_of_month.0: 5:1 ends before it begins"],
  ["months: ['3:1']", 'months.0: "3:1" ends before it begins'],
  ["week_days: [monday]", "week_days: the key week_days is not known; did you mean weekdays?"],
])("of a time interval: %s", (yaml, problem) => {
  const found = lint(
    `route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: n, time_intervals: [{${yaml}}]}]`,
  );
  expect(found).toEqual(problem === undefined ? [] : [`time_intervals.0.time_intervals.0.${problem}`]);
});
