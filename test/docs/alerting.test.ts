import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findTraps } from "../../src/rules/traps.ts";
import { planFrom } from "../plan/settings/support.ts";
import { parseQuery } from "../support/expressions.ts";

const read = (name: string) => readFileSync(join(import.meta.dirname, "../../docs", name), "utf8");
const env = {
  SLACK_WEBHOOK_URL: "https://hooks.slack.example/x",
  PAGERDUTY_ROUTING_KEY: "key",
  OPSGENIE_API_KEY: "key",
  TEAMS_WEBHOOK_URL: "https://teams.example/x",
};

describe("docs/alerting.md", () => {
  const examples = [...read("alerting.md").matchAll(/```yaml alertmanager-config\.yaml\n(.*?)```/gs)];
  const [own = ""] = [...read("alerting.md").matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => yaml);

  it.each(examples.map(([, yaml = ""], index) => [index, yaml] as const))(
    "has no mistake in example %i, and its receivers are all tried",
    async (_, yaml) => {
      const files = {
        "monstack.yaml": own,
        "alertmanager-config.yaml": yaml,
        "secrets/smtp-password": "x".repeat(8),
      };
      const { alerting, notices } = await planFrom({ files, env });
      const receivers = [...yaml.matchAll(/- name: (\w+)/g)].map(([, name]) => name);
      expect(alerting).toMatchObject({
        kind: "captured",
        endpoints: receivers.map((receiver) => ({ receiver })),
      });
      expect(notices.map(({ id }) => id).filter((id) => id !== "route-made")).toEqual([]);
    },
  );
});

describe("docs/rules.md", () => {
  const page = read("rules.md");

  it("names every trap", async () => {
    const expressions = [
      "sum(container_memory_rss)",
      "a / container_spec_memory_limit_bytes",
      "rate(a[1s])",
      "kubelet_volume_stats_used_bytes",
    ];
    for (const expression of expressions) {
      const parsed = await parseQuery(expression);
      const [trap] = findTraps(expression, parsed, { scrapeMs: 60_000, localPath: true });
      expect(page).toContain(`\`${trap?.id}\``);
    }
  });

  it("has an example that takes files, folders and patterns", async () => {
    const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    const group = (name: string) => `groups: [{name: ${name}, rules: [{alert: A, expr: up == 0}]}]`;
    const files = {
      "monstack.yaml": yaml,
      "custom-rules.yaml": group("one"),
      "rules/a.yml": group("two"),
      "more/x.rules.yaml": group("three"),
    };
    const { config } = await planFrom({ files });
    expect(config.rules).toEqual(["/work/custom-rules.yaml", "/work/rules/a.yml", "/work/more/x.rules.yaml"]);
  });
});
