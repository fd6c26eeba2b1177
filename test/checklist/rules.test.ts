import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ruleAlert } from "../../src/alerting/own-alerts.ts";
import { judgeRules, type RulesEvidence } from "../../src/checklist/rules.ts";
import { expressions } from "../support/expressions.ts";
import { against, groups, inFavour } from "./evidence.ts";

async function judged(given: ReturnType<typeof groups>, changes: Partial<RulesEvidence> = {}) {
  const queries = given.flatMap(({ rules }) => rules.map(({ query }) => query));
  const answers = await expressions.parse(queries);
  const parsed = new Map(answers.map((answer, index) => [queries[index] ?? "", answer]));
  return judgeRules({ groups: given, parsed, volumeSeries: 6, hasAlertmanager: true, ...changes });
}

const whole = [
  "up == 0",
  "node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1",
  "node_memory_MemAvailable_bytes < 1e8",
  'avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) < 0.1',
  "rate(kube_pod_container_status_restarts_total[15m]) > 0",
  "kubelet_volume_stats_available_bytes < 1e9",
  "prometheus_config_last_reload_successful == 0",
  "rate(alertmanager_notifications_failed_total[5m]) > 0",
];

describe("rules", () => {
  it("are enough when each area is watched, and it is said by which", async () => {
    const result = await judged(groups(...whole));
    expect(against(result)).toEqual([]);
    expect(inFavour(result)).toContain("pods that crash again and again: Alert4");
    expect(inFavour(result)).toContain("nodes that are down: Alert0");
  });

  it("of the example in examples/production are enough", async () => {
    const url = new URL("../../examples/production/alert-rules.yaml", import.meta.url);
    const { serverFiles } = parse(await readFile(url, "utf8")) as {
      serverFiles: { "alerting_rules.yml": { groups: { rules: { expr: string }[] }[] } };
    };
    const written = serverFiles["alerting_rules.yml"].groups.flatMap((group) => group.rules);
    expect(against(await judged(groups(...written.map(({ expr }) => expr))))).toEqual([]);
  });

  it.each([
    [0, ["no rule watches targets that are down", "no rule watches nodes that are down"]],
    [1, ["no rule watches disks of nodes that fill up"]],
    [2, ["no rule watches nodes' memory"]],
    [3, ["no rule watches nodes' CPU"]],
    [4, ["no rule watches pods that crash again and again"]],
    [5, ["no rule watches volumes that fill up"]],
    [6, ["no rule watches Prometheus itself"]],
    [7, ["no rule watches Alertmanager itself"]],
  ])("lack what rule %i would watch", async (index, said) => {
    expect(against(await judged(groups(...whole.toSpliced(index, 1))))).toEqual(said);
  });

  it("count through recording rules, and only when they work", async () => {
    const recorded = whole.with(2, "node:memory < 0.1");
    const record = "node:memory = node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes";
    expect(against(await judged(groups(...recorded, record)))).toEqual([]);
    expect(against(await judged(groups(...recorded)))).toEqual(["no rule watches nodes' memory"]);
    const [group] = groups(...whole);
    const rules = (group?.rules ?? []).map((rule, index) =>
      index === 2 ? { ...rule, health: "err", lastError: "many-to-many" } : rule,
    );
    expect(against(await judged(group ? [{ ...group, rules }] : []))).toEqual([
      "no rule watches nodes' memory",
      "Alert2 fails: many-to-many",
    ]);
  });

  it("of one job's targets are no rule for all targets", async () => {
    const only = whole.with(0, 'up{job="prometheus"} == 0');
    expect(against(await judged(groups(...only)))).toEqual([
      "no rule watches targets that are down",
      "no rule watches nodes that are down",
    ]);
    const others = whole.with(0, 'up{job!="flaky"} == 0');
    expect(against(await judged(groups(...others)))).toEqual([]);
  });

  it("for volumes are not asked for where these have no metrics, nor for an Alertmanager that isn't there", async () => {
    expect(
      against(
        await judged(groups(...whole.slice(0, 5), whole[6] ?? "", whole[7] ?? ""), { volumeSeries: 0 }),
      ),
    ).toEqual([]);
    expect(against(await judged(groups(...whole.slice(0, 7)), { hasAlertmanager: false }))).toEqual([]);
  });

  it("of monstack's own are none", async () => {
    const [group] = groups("up == 0");
    const own = (group?.rules ?? []).map((rule) => ({ ...rule, name: ruleAlert }));
    expect(against(await judged(group ? [{ ...group, rules: own }] : []))).toEqual(["no alerting rule"]);
  });
});
