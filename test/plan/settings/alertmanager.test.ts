import { describe, expect, it, test } from "vitest";
import type { Plan } from "../../../src/model/plan.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import { valuesOf } from "../configs.ts";
import { type PlanFrom, planFrom, told } from "./support.ts";

const slack = `receivers:
  - name: 'slack'
    slack_configs:
      - api_url: '\${SLACK_URL}'
        channel: '#alerts'
`;
const ref = (name: string) => `\${${name}}`;
const webhook = "https://hooks.example.com/services/T1/B1/abcdefgh";
const flags = { "alertmanager-config": "am.yaml" };
const env = { SLACK_URL: webhook };
const configIn = (plan: Plan) =>
  (valuesOf(plan, "prometheus")["alertmanager"] as { config: Record<string, unknown> }).config;
const from = (text: string, more: Omit<PlanFrom, "files"> = {}) =>
  planFrom({ ...more, files: { "am.yaml": text }, flags: { ...flags, ...more.flags } });

describe("alerting.config", () => {
  it("gives a receiver that stands alone a route, and keeps the chart's defaults out", async () => {
    const plan = await from(slack, { env });
    expect(configIn(plan)).toEqual({
      global: {},
      inhibit_rules: [],
      receivers: [{ name: "slack", slack_configs: [{ api_url: webhook, channel: "#alerts" }] }],
      route: {
        receiver: "slack",
        group_by: [],
        group_wait: "30s",
        group_interval: "5m",
        repeat_interval: "4h",
        routes: [],
      },
    });
    expect(told(plan)).toEqual(["am.yaml:2:3: there is no route, so one is made: every alert goes to slack"]);
  });

  it("leads every alert to each of several receivers without a route", async () => {
    const plan = await from("receivers: [{name: a}, {name: b}]");
    expect(configIn(plan)["route"]).toMatchObject({
      receiver: "a",
      routes: [{ receiver: "a", continue: true }, { receiver: "b" }],
    });
    expect(told(plan)).toEqual([expect.stringContaining("every alert goes to each of a, b")]);
  });

  it("takes the place of the values' own with all that is in it, and switches Alertmanager on", async () => {
    const own = "{enabled: false, config: {route: {routes: [{receiver: gone}]}, templates: [x]}}";
    const files = {
      "monstack.yaml": `alerting: {config: am.yaml}\napps: {prometheus: {values: {alertmanager: ${own}}}}`,
      "am.yaml": "route: {receiver: a}\nreceivers: [{name: a}]",
    };
    const plan = await planFrom({ files });
    const { enabled, config } = valuesOf(plan, "prometheus")["alertmanager"] as Record<string, object>;
    expect(enabled).toBe(true);
    expect(JSON.stringify(config)).not.toMatch(/gone|templates/);
    expect(told(plan)).toEqual([
      expect.stringContaining("takes the place of prometheus's own value alertmanager.enabled"),
      expect.stringContaining("takes the place of prometheus's own value alertmanager.config"),
    ]);
  });

  it("may stand in monstack.yaml, with the places there", async () => {
    const yaml = `alerting:\n  config:\n    receivers:\n      - name: a\n        webhook_configs: [{url: '\${HOOK}'}]\n`;
    const plan = await planFrom({ files: { "monstack.yaml": yaml }, env: { HOOK: "https://x.example/h" } });
    expect(JSON.stringify(configIn(plan))).toContain("https://x.example/h");
    await expect(planFrom({ files: { "monstack.yaml": yaml } })).rejects.toThrow(
      "monstack.yaml:5:34: receivers[0].webhook_configs[0].url: the environment variable HOOK is not set",
    );
  });

  it.each([
    ["kube-prometheus-stack", ["alertmanager", "config"]],
    ["alertmanager", ["config"]],
  ])("goes where the chart %s has it", async (chart, path) => {
    const files = {
      "monstack.yaml": `apps: {prometheus: {chart: prometheus-community/${chart}}}`,
      "am.yaml": "receivers: [{name: a}]",
    };
    const plan = await planFrom({ files, flags });
    expect(plan.askedValues.map((one) => one.path)).toEqual([path]);
  });

  it("needs an Alertmanager", async () => {
    const files = { "am.yaml": slack };
    await expect(planFrom({ files, flags: { ...flags, apps: "grafana" }, env })).resolves.toBeDefined();
    const only = {
      ...files,
      "monstack.yaml": "apps: {prometheus: {enabled: false}, grafana: {depends_on: []}}",
    };
    await expect(planFrom({ files: only, flags, env })).rejects.toThrow("deploys an Alertmanager");
  });
});

describe("secrets", () => {
  it("come from the environment and from files, and are never shown", async () => {
    const mail = `receivers:
  - name: mail
    email_configs:
      - { to: a@b.example, from: c@d.example, smarthost: 'smtp.example:587', auth_username: u, auth_password: '\${file:secrets/smtp}' }
`;
    const files = { "am.yaml": mail, "secrets/smtp": "hunter2\n" };
    const plan = await planFrom({ files, flags });
    expect(configIn(plan)["receivers"]).toMatchObject([{ email_configs: [{ auth_password: "hunter2" }] }]);
    expect(plan.secrets).toEqual(["hunter2"]);
    const shown = formatPlan(plan);
    expect(shown).toContain("alertmanager.config: (not shown)");
    expect(shown).toContain("alerting.config (am.yaml): mail (email)");
    expect(shown + JSON.stringify([plan.notices, plan.profileSettings])).not.toContain("hunter2");
  });

  it.each([
    [
      {},
      "am.yaml:4:19: receivers[0].slack_configs[0].api_url: the environment variable SLACK_URL is not set; set it, or alerting.receivers: capture (--alert-receivers capture) to try delivery without it",
    ],
    [{ SLACK_URL: "" }, "the environment variable SLACK_URL is empty"],
  ])("that are missing are named with their place: %o", async (given, message) => {
    await expect(from(slack, { env: given })).rejects.toThrow(message);
  });

  it("of a file that isn't there are named with where it was looked for", async () => {
    await expect(from(slack.replace("SLACK_URL", "file:s/url"))).rejects.toThrow(
      "am.yaml:4:19: receivers[0].slack_configs[0].api_url: the file s/url is not there (looked for at /work/s/url)",
    );
  });

  it("aren't needed under capture, but for what stays as it is", async () => {
    const captured = { flags: { "alert-receivers": "capture" } };
    const plan = await from(slack, captured);
    expect(told(plan)[1]).toBe(
      "am.yaml:4:19: the environment variable SLACK_URL is not set; receivers[0].slack_configs[0].api_url is not needed, as alerting.receivers is capture",
    );
    expect(JSON.stringify(configIn(plan))).not.toContain("SLACK_URL");
    await expect(from(slack.replace("'#alerts'", `'\${ROOM}'`), captured)).rejects.toThrow(
      "the environment variable ROOM is not set",
    );
  });

  it("aren't in what is said about a mistake that they make", async () => {
    const text = `route: {receiver: a, group_wait: '${ref("WAIT")}'}\nreceivers: [{name: a}]`;
    await expect(from(text, { env: { WAIT: "s3cr3t-by-mistake" } })).rejects.toThrow(
      'am.yaml:1:34: route.group_wait: Alertmanager 0.34.0 refuses it: not a valid duration string: "***"',
    );
  });

  it("that are written out are told, hidden, and refused in production", async () => {
    const written = slack.replace(`\${SLACK_URL}`, webhook);
    const plan = await from(written);
    expect(told(plan)[1]).toBe(
      `am.yaml:4:18: receivers[0].slack_configs[0].api_url is a secret that everyone who can read the file sees; expected \${SLACK_API_URL}, from the environment, or \${file:PATH}`,
    );
    expect(plan.secrets).toEqual([webhook]);
    await expect(from(written, { flags: { profile: "production" } })).rejects.toThrow(
      /am\.yaml:4:18: .*a secret \(not shown\)/,
    );
  });

  it.each(["YOUR_SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/XXX/YYY/ZZZ", "<url>"])(
    "that nobody filled in are a mistake, and harmless under capture: %s",
    async (placeholder) => {
      const text = slack.replace(`\${SLACK_URL}`, placeholder);
      await expect(from(text, { flags: { "alert-receivers": "as-is" } })).rejects.toThrow(
        `am.yaml:4:18: receivers[0].slack_configs[0].api_url: a placeholder, so that no alert can arrive; expected \${SLACK_API_URL}, from the environment, or \${file:PATH}, or alerting.receivers: capture (--alert-receivers capture) to try delivery without it`,
      );
      const plan = await from(text, { flags: { "alert-receivers": "capture" } });
      expect(told(plan)[1]).toContain("is a placeholder, which does no harm");
      expect(plan.alerting).toMatchObject({ kind: "captured", endpoints: [{ receiver: "slack" }] });
    },
  );

  describe("that nobody filled in anywhere", () => {
    const both = `${slack.replace(`\${SLACK_URL}`, "YOUR_SLACK_WEBHOOK_URL")}  - name: email
    email_configs:
      - {to: a@b.example, from: c@d.example, smarthost: 'smtp.example:587', auth_username: u, auth_password: your-app-password}
`;

    it("leave nobody to tell: in profile ci monstack's own receiver takes their place, and says so of each", async () => {
      const plan = await from(both);
      expect(plan.alerting).toMatchObject({ kind: "captured", hasUserReceivers: false });
      expect(JSON.stringify(configIn(plan))).not.toMatch(/YOUR_SLACK|your-app/);
      const [, first, second] = told(plan);
      expect(first).toBe(
        `am.yaml:4:18: receivers[0].slack_configs[0].api_url is a placeholder, and no receiver has more than that: monstack's own takes their place; for real delivery write \${SLACK_API_URL}, from the environment, or \${file:PATH}`,
      );
      expect(second).toMatch(
        /^am\.yaml:8:\d+: receivers\[1\]\.email_configs\[0\]\.auth_password is a placeholder.*\$\{EMAIL_AUTH_PASSWORD\}/,
      );
      expect(plan.profileSettings).toContainEqual(
        expect.objectContaining({
          path: "alertmanager.config.receivers",
          why: "the receivers have only placeholders, so monstack is the one: it proves that alerts are delivered",
        }),
      );
    });

    it.each([
      ["another profile", { flags: { profile: "production" } }],
      ["receivers as they are", { flags: { "alert-receivers": "as-is" } }],
      ["pods that don't reach this machine", { podGateway: { unknown: "another network" } }],
    ])("are mistakes with %s", async (_, more) => {
      await expect(from(both, more)).rejects.toThrow(/2 mistakes[\s\S]*am\.yaml:4:18: [\s\S]*am\.yaml:8:/);
    });

    it("are only told in one of several integrations of a receiver: its alerts arrive all the same", async () => {
      const two =
        "{api_url: 'https://hooks.example.com/services/T1/B1/abc'}, {api_url: YOUR_SLACK_WEBHOOK_URL}";
      const text = `receivers: [{name: a, slack_configs: [${two}]}]`;
      const plan = await from(text, { flags: { "alert-receivers": "as-is" } });
      expect(told(plan).join("\n")).toContain(
        "am.yaml:1:108: receivers[0].slack_configs[1].api_url is a placeholder, so that no alert arrives there",
      );
      await expect(from(text, { flags: { profile: "production" } })).rejects.toThrow(
        "a placeholder, so that no alert can arrive",
      );
    });

    it("are a mistake beside a receiver that could be told", async () => {
      const more = `${both}  - name: hook\n    webhook_configs: [{url: 'https://x.example/h'}]\n`;
      await expect(from(more)).rejects.toThrow(/2 mistakes/);
    });
  });
});

test.each([
  [
    "route: {receiver: slak}\nreceivers: [{name: slack}]",
    "am.yaml:1:19: route.receiver: no receiver is called slak; did you mean slack?",
  ],
  [
    "receivers: [{name: a, slak_configs: []}]",
    "am.yaml:1:23: receivers[0].slak_configs: the key slak_configs is not known to Alertmanager 0.34.0; did you mean slack_configs?",
  ],
  ["receivers: [", "am.yaml:1:13: bad YAML"],
  ["[a]", "am.yaml:1:1: Alertmanager's configuration is a mapping"],
  ["global: {}", "am.yaml:1:1: Alertmanager 0.34.0 refuses it: no routes provided"],
  [
    "receivers: [{name: a, slack_configs: [{api_url: 'https://x.example', title: '{{ template \"x.y\" . }}'}]}]",
    "am.yaml:1:77: receivers[0].slack_configs[0].title: the template x.y is not defined",
  ],
])("what Alertmanager would refuse is said with its place: %s", async (text, message) => {
  await expect(from(text)).rejects.toThrow(message);
});

describe("a reference", () => {
  const telegram = (fields: string) => `receivers: [{name: t, telegram_configs: [{${fields}}]}]`;
  const first = (plan: Plan, kind: string) =>
    (configIn(plan)["receivers"] as Record<string, unknown[]>[])[0]?.[`${kind}_configs`]?.[0];
  const given = { TOK: "123456:abc", CHAT: "-100200300", QUIET: "true" };

  it("in a field for a number, or for true and false, is what YAML makes of it", async () => {
    const text = telegram(`bot_token: "\${TOK}", chat_id: "\${CHAT}", disable_notifications: '\${QUIET}'`);
    expect(first(await from(text, { env: given }), "telegram")).toEqual({
      bot_token: "123456:abc",
      chat_id: -100_200_300,
      disable_notifications: true,
    });
  });

  it.each(["0123", "1e5", "true", "null", "1_000", "0x10", "~"])(
    "in a field for a text stays one: %s",
    async (secret) => {
      const text = telegram(`bot_token: '\${TOK}', chat_id: 1`);
      expect(first(await from(text, { env: { TOK: secret } }), "telegram")).toMatchObject({
        bot_token: secret,
      });
    },
  );

  it.each(["many", "", "12345678901234567890123"])(
    "that is no number where one is expected is refused: %j",
    async (chat) => {
      const text = telegram(`bot_token: '\${TOK}', chat_id: '\${CHAT}'`);
      await expect(from(text, { env: { ...given, CHAT: chat } })).rejects.toThrow(
        chat === ""
          ? "the environment variable CHAT is empty"
          : "telegram_configs[0].chat_id: expected a whole number, found a text; Alertmanager 0.34.0 refuses it",
      );
    },
  );

  it("that is only a placeholder hides nothing that is wrong beside it", async () => {
    const text = `global: {slack_api_url: 'https://hooks.slack.com/services/XXX/YYY/ZZZ', slack_app_token: x}
receivers: [{name: a}]`;
    await expect(from(text, { flags: { "alert-receivers": "capture" } })).rejects.toThrow(
      "am.yaml:1:25: global.slack_api_url: Alertmanager 0.34.0 refuses it: at most one of slack_app_token",
    );
  });

  it("that is missing hides nothing else that is wrong", async () => {
    const text = telegram(`bot_token: '\${TOK}', chat_id: '\${CHAT}', parse_mode: odd`);
    await expect(from(text)).rejects.toThrow(/3 mistakes[\s\S]*CHAT is not set[\s\S]*unknown parse_mode/);
  });
});

test("what YAML reads as a number or a boolean keeps its text where Alertmanager expects one", async () => {
  const text = `route: {receiver: a, routes: [{match: {version: 1.0, kind: no}, continue: yes}]}
receivers: [{name: a, opsgenie_configs: [{api_key: 0123, update_alerts: on}], pushover_configs: [{token: 1e5, user_key: 1_0, ttl: 1h}]}]`;
  const { route, receivers } = configIn(await from(text)) as { route: object; receivers: object[] };
  expect(route).toMatchObject({ routes: [{ match: { version: "1.0", kind: "no" }, continue: true }] });
  expect(receivers).toMatchObject([
    {
      opsgenie_configs: [{ api_key: "0123", update_alerts: true }],
      pushover_configs: [{ token: "1e5", user_key: "1_0" }],
    },
  ]);
});

test.each(["a", "em", "emai", "email", "receiver", "route", "there"])(
  "a short or ordinary password in the configuration spoils no message: %s",
  async (password) => {
    const text = `global: {smtp_smarthost: 'mail.example:25', smtp_from: a@example.com, smtp_auth_username: a, smtp_auth_password: ${password}}
receivers: [{name: email, email_configs: [{to: ops@example.com}]}]
route: {receiver: emal}`;
    await expect(from(text)).rejects.toThrow("no receiver is called emal; did you mean email?");
  },
);

describe("notification templates", () => {
  const config = (templates: string) => `templates: ${templates}
receivers: [{name: a, slack_configs: [{api_url: 'https://x.example', title: '{{ template "crew.title" . }}'}]}]`;
  const planOf = (values: string, templates = "['/etc/alertmanager/*.tmpl']") =>
    planFrom({
      files: {
        "am.yaml": config(templates),
        "monstack.yaml": `apps: {prometheus: {values: {alertmanager: ${values}}}}`,
      },
      flags,
    });
  const defined = `{templates: {crew.tmpl: '{{ define "crew.title" }}{{ .Status }}{{ end }}'}}`;

  it("of the chart's values are known where the configuration loads them", async () => {
    await expect(planOf(defined)).resolves.toBeDefined();
    await expect(planOf(defined, "[]")).rejects.toThrow("which no pattern of `templates` loads");
  });

  it("that can be in files which nobody knows yet are only told", async () => {
    const plan = await planOf("{extraVolumeMounts: [{name: t, mountPath: /etc/alertmanager/t}]}");
    expect(told(plan)).toContainEqual(
      expect.stringContaining(
        "am.yaml:2:77: receivers[0].slack_configs[0].title: the template crew.title is not defined",
      ),
    );
  });

  it("that can't be parsed are named at their line in the values", async () => {
    const values = `{templates: {crew.tmpl: '{{ define "crew.title" }}{{ .Status | nope }}{{ end }}'}}`;
    await expect(planOf(values)).rejects.toThrow(
      /monstack\.yaml:1:\d+: \/etc\/alertmanager\/crew\.tmpl, line 1: Alertmanager 0\.34\.0 does not start with it: function "nope" not defined/,
    );
  });
});

test("an inhibition with a label that no rule gives to its alerts is told with its line", async () => {
  const files = {
    "am.yaml": `receivers: [{name: a}]
inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: [severity="warning"]
    equal: [cluster]
`,
    "rules.yaml": `groups:
  - name: crew
    rules:
      - { alert: A, expr: vector(1) == 1, labels: { severity: critical } }
      - { alert: B, expr: vector(2) == 2, labels: { severity: warning } }
`,
  };
  const rules = { ...flags, rules: "rules.yaml" };
  const notice =
    "am.yaml:5:13: inhibit_rules[0].equal[0]: equal of this inhibition rule names the label cluster, which no";
  expect(told(await planFrom({ files, flags: rules }))).toContainEqual(expect.stringContaining(notice));
  const values = "apps: {prometheus: {values: {server: {global: {external_labels: {cluster: x}}}}}}";
  const known = await planFrom({ files: { ...files, "monstack.yaml": values }, flags: rules });
  expect(told(known).join()).not.toContain("cluster");
});

test("a file that isn't there, and an old way to write matchers", async () => {
  const files = { "monstack.yaml": "alerting:\n  config: nowhere.yaml\n" };
  await expect(planFrom({ files })).rejects.toThrow(
    "monstack.yaml:2:11: alerting.config: there is no configuration of Alertmanager nowhere.yaml",
  );
  const old = "route:\n  receiver: a\n  routes:\n    - match: {severity: critical}\nreceivers: [{name: a}]";
  expect(told(await from(old))).toEqual([
    `am.yaml:4:14: route.routes[0].match is deprecated; write matchers: ['severity="critical"']`,
  ]);
});
