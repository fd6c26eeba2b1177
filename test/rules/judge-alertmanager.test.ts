import { describe, expect, it, test } from "vitest";
import { judgeAlertmanager } from "../../src/rules/alertmanager.ts";
import { readYaml } from "../../src/yaml/read.ts";
import { sharedJudge } from "../support/judge.ts";

const judge = await sharedJudge();

async function faultsIn(yaml: string, features: string[] = []): Promise<string[]> {
  const found = await judgeAlertmanager(judge, readYaml(yaml).data, features);
  return found.map(({ path, problem }) => `${path.join(".")}: ${problem}`);
}

const good = `
global: { slack_api_url: 'https://hooks.example.com/x' }
route:
  receiver: a
  group_by: ['...']
  labels: { team: x }
  routes: [{ matchers: ['severity=~"(?i)crit.*"', 'service.name="x"'], receiver: b, mute_time_intervals: [night], continue: true }]
receivers:
  - { name: a, slack_configs: [{ channel: x }], pagerduty_configs: [{ routing_key: k }] }
  - { name: b, email_configs: [{ to: a@b, from: c@d, smarthost: 'mail:587' }], webhook_configs: [{ url: 'http://x', send_resolved: yes }] }
time_intervals: [{ name: night, time_intervals: [{ location: Europe/Berlin, times: [{ start_time: '22:00', end_time: '24:00' }] }] }]
inhibit_rules: [{ source_matchers: [a=b], target_matchers: ['c!="d"'], equal: [x] }]
templates: []
`;

test("what is right is right", async () => {
  expect(await faultsIn(good)).toEqual([]);
});

test("no file of this machine is opened: templates and secrets are the pod's", async () => {
  const text = `templates: [/proc/self/environ]
route: { receiver: a }
receivers: [{ name: a, slack_configs: [{ api_url_file: /nowhere/at/all, http_config: { tls_config: { ca_file: /nowhere } } }] }]`;
  expect(await faultsIn(text)).toEqual([]);
});

test("features decide how matchers and names are read", async () => {
  const text = good
    .replace("group_by: ['...']", "group_by: [service.name]")
    .replace(`, 'service.name="x"'`, "");
  expect(await faultsIn(text, ["receiver-name-in-metrics"])).toEqual([]);
  expect(await faultsIn(text, ["classic-mode"])).toEqual([
    'route.group_by.0: Alertmanager 0.34.0 refuses it: invalid label name "service.name" in group_by list',
  ]);
});

const tail = "receivers: [{name: a}]";
test.each([
  [tail, ": Alertmanager 0.34.0 refuses it: no routes provided"],
  [`route: {}\n${tail}`, "route: Alertmanager 0.34.0 refuses it: root route must specify a default receiver"],
  [
    `route: {receiver: aa}\n${tail}`,
    "route.receiver: no receiver is called aa; did you mean a? (Alertmanager 0.34.0 refuses it)",
  ],
  [
    `route: {receiver: a, matchers: [a=b]}\n${tail}`,
    "route.matchers: Alertmanager 0.34.0 refuses it: root route must not have any matchers",
  ],
  [
    `route: {receiver: a, continue: true}\n${tail}`,
    "route.continue: Alertmanager 0.34.0 refuses it: cannot have continue in root route",
  ],
  [
    "route: {receiver: a, routes: [{receiver: slak}]}\nreceivers: [{name: a}, {name: slack}]",
    "route.routes.0.receiver: no receiver is called slak; did you mean slack? (Alertmanager 0.34.0 refuses it)",
  ],
  [
    `route: {receiver: a, routes: [{matcher: [a=b]}]}\n${tail}`,
    "route.routes.0.matcher: the key matcher is not known to Alertmanager 0.34.0; did you mean matchers?",
  ],
  [
    `route: {receiver: a, routes: [{matchers: [a=b, severity]}]}\n${tail}`,
    "route.routes.0.matchers.1: Alertmanager 0.34.0 refuses it: bad matcher format: severity",
  ],
  [
    `route: {receiver: a, routes: [{matchers: {a: b}}]}\n${tail}`,
    "route.routes.0.matchers: expected a list, found a mapping; Alertmanager 0.34.0 refuses it",
  ],
  [
    `route: {receiver: a, routes: {receiver: a}}\n${tail}`,
    "route.routes: expected a list, found a mapping; Alertmanager 0.34.0 refuses it",
  ],
  [
    `route: {receiver: a, routes: [{mute_time_intervals: [x]}]}\n${tail}\ntime_intervals: [{name: xy}]`,
    "route.routes.0.mute_time_intervals.0: no time interval is called x; did you mean xy? (Alertmanager 0.34.0 refuses it)",
  ],
  [
    `route: {receiver: a, group_wait: 5 min}\n${tail}`,
    'route.group_wait: Alertmanager 0.34.0 refuses it: unknown unit " min" in duration "5 min"',
  ],
  [
    `route: {receiver: a, repeat_interval: 30m1h}\n${tail}`,
    'route.repeat_interval: Alertmanager 0.34.0 refuses it: not a valid duration string: "30m1h"',
  ],
  [
    "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]",
    'receivers.1.name: Alertmanager 0.34.0 refuses it: notification config name "a" is not unique',
  ],
  [
    "route: {receiver: a}\nreceivers: [{name: a}, {slack_configs: []}]",
    "receivers.1: Alertmanager 0.34.0 refuses it: missing name in receiver",
  ],
  [
    `route: {receiver: a, group_interval: 0s}\n${tail}`,
    "route.group_interval: Alertmanager 0.34.0 refuses it: group_interval cannot be zero",
  ],
  [
    `route: {receiver: a, group_by: [x, y, x]}\n${tail}`,
    'route.group_by.2: Alertmanager 0.34.0 refuses it: duplicated label "x" in group_by',
  ],
  [
    `route: {receiver: a, group_by: [foo bar]}\n${tail}`,
    'route.group_by.0: Alertmanager 0.34.0 refuses it: invalid label name "foo bar" in group_by list',
  ],
  [
    `route: {receiver: a}\n${tail}\ninhibit_rules: [{source_macthers: [a=b]}]`,
    "inhibit_rules.0.source_macthers: the key source_macthers is not known to Alertmanager 0.34.0; did you mean source_matchers?",
  ],
  [
    `route: {receiver: a}\n${tail}\ninhibit_rules: [{equal: x}]`,
    "inhibit_rules.0.equal: expected a list, found a text; Alertmanager 0.34.0 refuses it",
  ],
  [
    `route: {receiver: a}\nreciever: []\n${tail}`,
    "reciever: the key reciever is not known to Alertmanager 0.34.0; did you mean receivers?",
  ],
  [
    `global: {resolve_timeout: 5 min}\nroute: {receiver: a}\n${tail}`,
    'global.resolve_timeout: Alertmanager 0.34.0 refuses it: unknown unit " min" in duration "5 min"',
  ],
  [
    `global: {slack_api_url: 'https://x', slack_api_url_file: /x}\nroute: {receiver: a}\n${tail}`,
    "global.slack_api_url_file: Alertmanager 0.34.0 refuses it: at most one of slack_api_url & slack_api_url_file must be configured",
  ],
])("%s", async (yaml, problem) => {
  expect(await faultsIn(yaml)).toEqual([problem]);
});

test.each([
  [
    "[{name: x, time_intervals: [{location: Europe/Berln}]}]",
    "0.time_intervals.0.location: ",
    "unknown time zone Europe/Berln",
  ],
  [
    "[{name: x, time_intervals: [{weekdays: ['monday:funday']}]}]",
    "0.time_intervals.0.weekdays.0: ",
    "funday is not a valid weekday",
  ],
  [
    "[{name: x, time_intervals: [{days_of_month: ['1:5', '32']}]}]",
    "0.time_intervals.0.days_of_month.1: ",
    "32 is not a valid day of the month: out of range",
  ],
  [
    "[{name: x, time_intervals: [{times: [{start_time: '10:00', end_time: '09:00'}]}]}]",
    "0.time_intervals.0.times.0: ",
    "start time cannot be equal or greater than end time",
  ],
  [
    "[{name: x, time_intervals: [{times: [{start_time: '10:00'}]}]}]",
    "0.time_intervals.0.times.0: ",
    "both start and end times must be provided",
  ],
  ["[{name: x}, {name: x}]", "1.name: ", 'time interval "x" is not unique'],
  ["[{time_intervals: []}]", "0: ", "missing name in time interval"],
])("of time intervals: %s", async (yaml, place, words) => {
  expect(await faultsIn(`route: {receiver: a}\n${tail}\ntime_intervals: ${yaml}`)).toEqual([
    `time_intervals.${place}Alertmanager 0.34.0 refuses it: ${words}`,
  ]);
});

const authorization = "http_config: {authorization: {credentials: x}}";
describe("of a receiver", () => {
  it.each([
    [
      "slack_config: []",
      "slack_config: the key slack_config is not known to Alertmanager 0.34.0; did you mean slack_configs?",
    ],
    ["slack_configs: {}", "slack_configs: expected a list, found a mapping"],
    [
      "slack_configs: [{channel: a}]",
      "slack_configs.0: Alertmanager 0.34.0 refuses it: no Slack API URL nor App token set either inline or in a file",
    ],
    [
      "slack_configs: [{api_url: nowhere}]",
      'slack_configs.0.api_url: Alertmanager 0.34.0 refuses it: unsupported scheme "" for URL',
    ],
    [
      "slack_configs: [{api_url: 'https://x', chanel: y}]",
      "slack_configs.0.chanel: the key chanel is not known to Alertmanager 0.34.0; did you mean channel?",
    ],
    [
      "slack_configs: [{api_url: 'https://x', fields: [{title: t}]}]",
      "slack_configs.0.fields.0: Alertmanager 0.34.0 refuses it: missing value in Slack field configuration",
    ],
    [
      "webhook_configs: [{send_resolved: true}]",
      "webhook_configs.0: Alertmanager 0.34.0 refuses it: one of url or url_file must be configured",
    ],
    [
      "webhook_configs: [{url: 'http://x', url_file: /x}]",
      "webhook_configs.0.url_file: Alertmanager 0.34.0 refuses it: at most one of url & url_file must be configured",
    ],
    [
      "webhook_configs: [{url: 'http://x', send_resolved: 'yes'}]",
      "webhook_configs.0.send_resolved: expected true or false, found a text",
    ],
    [
      "webhook_configs: [{url: 'http://x', max_alerts: many}]",
      "webhook_configs.0.max_alerts: expected a whole number from 0, found a text",
    ],
    [
      "webhook_configs: [{url: 'http://x', http_config: {basic_auth: {username: a, password: b, password_file: /c}}}]",
      "webhook_configs.0.http_config.basic_auth.password_file: Alertmanager 0.34.0 refuses it: at most one of basic_auth password",
    ],
    [
      "webhook_configs: [{url: 'http://x', http_config: {tls_config: {min_version: TLS9}}}]",
      "webhook_configs.0.http_config.tls_config.min_version: Alertmanager 0.34.0 refuses it: unknown TLS version: TLS9",
    ],
    [
      "webhook_configs: [{url: 'http://x', timeout: 5x}]",
      "webhook_configs.0.timeout: expected a duration, for example 30s or 5m, found a text",
    ],
    ["webhook_configs: [null]", "webhook_configs.0: Alertmanager 0.34.0 refuses it: missing webhook config"],
    [
      "email_configs: [{from: a@b, smarthost: 'x:25'}]",
      "email_configs.0: Alertmanager 0.34.0 refuses it: missing to address in email config",
    ],
    [
      "email_configs: [{to: a@b, smarthost: 'x:25'}]",
      "email_configs.0: Alertmanager 0.34.0 refuses it: no global SMTP from set",
    ],
    [
      "email_configs: [{to: a@b, from: a@b}]",
      "email_configs.0: Alertmanager 0.34.0 refuses it: no global SMTP smarthost set",
    ],
    [
      "email_configs: [{to: a@b, from: a@b, smarthost: smtp.example.com}]",
      "email_configs.0.smarthost: Alertmanager 0.34.0 refuses it: address smtp.example.com: missing port in address",
    ],
    [
      "email_configs: [{to: a@b, from: a@b, smarthost: 'x:25', subject: hi}]",
      "email_configs.0.subject: the key subject is not known to Alertmanager 0.34.0",
    ],
    [
      "pagerduty_configs: [{url: 'https://x'}]",
      "pagerduty_configs.0: Alertmanager 0.34.0 refuses it: missing service or routing key in PagerDuty config",
    ],
    [
      "opsgenie_configs: [{}]",
      "opsgenie_configs.0: Alertmanager 0.34.0 refuses it: no global OpsGenie API Key set",
    ],
    [
      "opsgenie_configs: [{api_key: k, responders: [{type: team}]}]",
      "opsgenie_configs.0: Alertmanager 0.34.0 refuses it: opsGenieConfig responder",
    ],
    [
      "msteams_configs: [{title: x}]",
      "msteams_configs.0: Alertmanager 0.34.0 refuses it: one of webhook_url or webhook_url_file must be configured",
    ],
    ["discord_configs: [{title: x}]", "discord_configs.0: Alertmanager 0.34.0 refuses it: "],
    [
      "jira_configs: [{project: X}]",
      "jira_configs.0: Alertmanager 0.34.0 refuses it: missing issue_type in jira_config",
    ],
    [
      "telegram_configs: [{bot_token: x, chat_id: '-1'}]",
      "telegram_configs.0.chat_id: expected a whole number, found a text",
    ],
    [
      "telegram_configs: [{bot_token: x}]",
      "telegram_configs.0: Alertmanager 0.34.0 refuses it: missing chat_id or chat_id_file on telegram_config",
    ],
    [
      "victorops_configs: [{api_key: x}]",
      "victorops_configs.0: Alertmanager 0.34.0 refuses it: missing Routing key in VictorOps config",
    ],
    [
      "wechat_configs: [{api_secret: x}]",
      "wechat_configs.0: Alertmanager 0.34.0 refuses it: no global Wechat CorpID set",
    ],
    [
      "webex_configs: [{message: x}]",
      "webex_configs.0: Alertmanager 0.34.0 refuses it: missing room_id on webex_config",
    ],
    [
      "sns_configs: [{message: x}]",
      "sns_configs.0: Alertmanager 0.34.0 refuses it: must provide either a Target ARN",
    ],
    [
      "pushover_configs: [{message: x}]",
      "pushover_configs.0: Alertmanager 0.34.0 refuses it: one of user_key or user_key_file must be configured",
    ],
    [
      "mattermost_configs: [{channel: x}]",
      "mattermost_configs.0: Alertmanager 0.34.0 refuses it: missing webhook_url or webhook_url_file on mattermost_config",
    ],
    [
      "rocketchat_configs: [{channel: x}]",
      "rocketchat_configs.0: Alertmanager 0.34.0 refuses it: no global Rocketchat TokenID set",
    ],
    [
      "incidentio_configs: [{alert_source_token: x}]",
      "incidentio_configs.0: Alertmanager 0.34.0 refuses it: ",
    ],
  ])("%s", async (yaml, problem) => {
    const found = await faultsIn(`route: {receiver: a}\nreceivers: [{name: z}, {name: a, ${yaml}}]`);
    expect(found).toEqual([expect.stringContaining(`receivers.1.${problem}`)]);
  });

  it.each([
    `webex_configs: [{room_id: x, ${authorization}}]`,
    "telegram_configs: [{bot_token: x, chat_id: -100123}]",
    "jira_configs: [{api_url: 'https://x.example/', project: X, issue_type: Bug}]",
    "sns_configs: [{topic_arn: 'arn:aws:sns:us-east-2:123456789012:x', sigv4: {region: us-east-2}}]",
    "webhook_configs: [{url: 'https://x/{{ .GroupLabels.a }}'}]",
  ])("that is right: %s", async (yaml) => {
    expect(await faultsIn(`route: {receiver: a}\nreceivers: [{name: a, ${yaml}}]`)).toEqual([]);
  });
});

test("every mistake of a file is named at once, none that another one makes", async () => {
  const yaml = `
route: {receiver: a, routes: [{receiver: slak}, {matchers: [x], receiver: b}]}
receivers:
  - { name: a, webhook_configs: [{url: 'http://x', send_resolved: 'no'}, {}] }
  - { name: b, jira_configs: [{project: X}], email_configs: [{to: a}, {to: b}] }
time_intervals: [{name: x, time_intervals: [{months: [movember]}]}]
`;
  const places = (await faultsIn(yaml)).map((line) => line.split(": ")[0]);
  expect(places.toSorted()).toEqual([
    "receivers.0.webhook_configs.0.send_resolved",
    "receivers.0.webhook_configs.1",
    "receivers.1.email_configs.0",
    "receivers.1.email_configs.1",
    "receivers.1.jira_configs.0",
    "route.routes.0.receiver",
    "route.routes.1.matchers.0",
    "time_intervals.0.time_intervals.0.months.0",
  ]);
});
