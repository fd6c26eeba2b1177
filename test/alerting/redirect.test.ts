import { expect, test } from "vitest";
import { parse } from "yaml";
import { redirectReceivers } from "../../src/alerting/redirect.ts";

const at = { host: "10.42.0.1", httpPort: 9095, smtpPort: 9096 };
const probes = "monstack-probes({{ range .Alerts.Firing }}{{ .Labels.monstack_probe }} {{ end }})";
const of = (yaml: string) => redirectReceivers(parse(yaml), at);

test("the seed's receivers lead to monstack, their templates stay and their secrets go", () => {
  const { config, endpoints } = of(`
receivers:
  - name: slack
    slack_configs:
      - { api_url: YOUR_SLACK_WEBHOOK_URL, channel: '#alerts', title: Kubernetes Alert, text: '{{ range .Alerts }}x{{ end }}' }
  - name: email
    email_configs:
      - { to: ops-team@example.com, from: alertmanager@k3s.local, smarthost: 'smtp.gmail.com:587',
          auth_username: your-email@gmail.com, auth_password: your-app-password, headers: { Subject: mine } }
`);
  expect(config["receivers"]).toEqual([
    {
      name: "slack",
      slack_configs: [
        {
          api_url: "http://10.42.0.1:9095/receivers/slack/slack/0",
          channel: "#alerts",
          title: "Kubernetes Alert",
          text: "{{ range .Alerts }}x{{ end }}",
          callback_id: probes,
        },
      ],
    },
    {
      name: "email",
      email_configs: [
        {
          to: "ops-team@example.com",
          from: "alertmanager@k3s.local",
          smarthost: "10.42.0.1:9096",
          require_tls: false,
          headers: { Subject: "mine", "X-Monstack-Endpoint": "email/email/0", "X-Monstack-Probe": probes },
        },
      ],
    },
  ]);
  expect(endpoints.map(({ receiver, integration }) => `${receiver}/${integration}`)).toEqual([
    "slack/slack",
    "email/email",
  ]);
});

test("everything else becomes a webhook, each with an address of its own", () => {
  const { config, endpoints } = of(`
receivers:
  - name: a b
    pagerduty_configs: [{ routing_key: secret }]
    webhook_configs: [{ url: 'http://x/', max_alerts: 3, http_config: { basic_auth: { password: secret } } }, { url_file: /f }]
`);
  expect(config["receivers"]).toEqual([
    {
      name: "a b",
      webhook_configs: [
        { url: "http://10.42.0.1:9095/receivers/a%20b/pagerduty/0" },
        { max_alerts: 3, url: "http://10.42.0.1:9095/receivers/a%20b/webhook/0" },
        { url: "http://10.42.0.1:9095/receivers/a%20b/webhook/1" },
      ],
    },
  ]);
  expect(endpoints).toHaveLength(3);
  expect(JSON.stringify(config)).not.toContain("secret");
});

test("no address and no secret for all receivers is left", () => {
  const { config } = of(`
global: { resolve_timeout: 1m, slack_api_url: YOUR_URL, smtp_from: me@x, smtp_smarthost: 'x:25', smtp_auth_password: secret, opsgenie_api_key: k, http_config: { proxy_url: p } }
receivers: [{ name: a, slack_configs: [{ channel: x }] }]
`);
  expect(config["global"]).toEqual({ resolve_timeout: "1m", smtp_from: "me@x" });
});

test("receivers that are empty beside others stay so; where all are, each gets a webhook", () => {
  const empty = of("receivers: [{ name: 'null' }, { name: a, webhook_configs: [{ url: 'http://x' }] }]");
  expect(empty.endpoints.map(({ receiver }) => receiver)).toEqual(["a"]);
  expect(of("receivers: [{ name: default-receiver }]").config["receivers"]).toEqual([
    {
      name: "default-receiver",
      webhook_configs: [{ url: "http://10.42.0.1:9095/receivers/default-receiver/webhook/0" }],
    },
  ]);
});

test("of routing only waits are shortened, where they are longer", () => {
  const { config } = of(`
route: { receiver: a, group_by: [x], group_wait: 500ms, repeat_interval: 3h, routes: [{ matchers: ['a="b"'], group_wait: 30s, continue: true }, { receiver: a }] }
inhibit_rules: [{ equal: [x] }]
receivers: [{ name: a }]
`);
  expect(config["route"]).toEqual({
    receiver: "a",
    group_by: ["x"],
    group_wait: "500ms",
    group_interval: "1s",
    repeat_interval: "3h",
    routes: [{ matchers: ['a="b"'], group_wait: "1s", continue: true }, { receiver: "a" }],
  });
  expect(config["inhibit_rules"]).toEqual([{ equal: ["x"] }]);
});

test("a message_text of Slack carries the probes, since nothing else goes out with it", () => {
  const { config } = of(
    "receivers: [{ name: a, slack_configs: [{ message_text: hi, app_token: t, update_message: true }] }]",
  );
  expect(config["receivers"]).toEqual([
    {
      name: "a",
      slack_configs: [{ message_text: `hi ${probes}`, api_url: "http://10.42.0.1:9095/receivers/a/slack/0" }],
    },
  ]);
});

test("an address and an e-mail carry the token, so that nobody else can send there", () => {
  const own = parse("receivers: [{ name: a, slack_configs: [{}], email_configs: [{ to: a@b }] }]");
  const { config } = redirectReceivers(own, { ...at, token: "t0ken" });
  expect(config["receivers"]).toMatchObject([
    {
      slack_configs: [{ api_url: "http://10.42.0.1:9095/t0ken/receivers/a/slack/0" }],
      email_configs: [{ headers: { "X-Monstack-Endpoint": "t0ken/a/email/0" } }],
    },
  ]);
});
