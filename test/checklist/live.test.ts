import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checklistChecks } from "../../src/checklist/catalogue.ts";
import { checklistPoints } from "../../src/model/checklist-points.ts";
import type { CheckResult } from "../../src/stack/check.ts";
import type { Stack } from "../../src/stack/stack.ts";
import { runChecks } from "../../src/verify/runner/run.ts";
import { statusWith } from "../support/fake-alertmanager.ts";
import { closedUrl } from "../support/local-server.ts";
import { healthyWorld, podNames, type World } from "../verify/healthy-world.ts";
import { openStack, stackAt } from "../verify/open-stack.ts";

const which = '{namespace=~"monitoring",container!="",container!="POD"}';
const by = "by (namespace, pod, container)";
const each = "max by (namespace, pod, container, id)";
const containers = (value: number, id: string) =>
  Object.values(podNames).map(
    (pod) => [{ namespace: "monitoring", pod, container: "main", id }, value] as const,
  );
const periods = (name: string) => `sum ${by} (increase(container_cpu_cfs_${name}_total${which}[5m]))`;

/** The healthy world with what the checklist asks besides: roles, and what Prometheus counts of itself. */
function world(): World {
  const made = healthyWorld();
  const none = { clusterroles: [], clusterrolebindings: [], roles: [], rolebindings: [] };
  made.kube.more = { ...made.kube.more, ...none };
  Object.assign(made.prometheus.queries, {
    "sum(rate(prometheus_tsdb_head_samples_appended_total[5m]))": [[{}, 500]],
    "sum(prometheus_tsdb_storage_blocks_bytes)": [[{}, 0]],
    "time() - min(prometheus_tsdb_lowest_timestamp_seconds)": [[{}, 100]],
    'count({__name__=~"kubelet_volume_stats_(available|used)_bytes"})': [],
    [`${each} (container_memory_working_set_bytes${which})`]: [
      ...containers(1e7, "now"),
      ...containers(9e15, "earlier"),
    ],
    [`${each} (timestamp(container_memory_working_set_bytes${which}))`]: [
      ...containers(Date.now() / 1000 - 1, "now"),
      ...containers(Date.now() / 1000 - 200, "earlier"),
    ],
    [`${periods("throttled_periods")} / ${periods("periods")}`]: [],
  });
  return made;
}

async function judge(stack: Stack): Promise<readonly CheckResult[]> {
  const { results } = await runChecks(
    { ...stack, plan: { ...stack.plan, apps: [] } },
    {
      checks: checklistChecks,
      deadlineMs: 15_000,
      pauseMs: 100_000,
      errorGraceMs: 1,
      lingerMs: 15_000,
    },
  );
  return results;
}

const statusesOf = (results: readonly CheckResult[]) =>
  Object.fromEntries(results.map(({ id, status }) => [id, status]));

describe("the checklist on a live stack", () => {
  it("has its points in their order, each with its texts", () => {
    expect(checklistChecks.map(({ id }) => id)).toEqual(checklistPoints.map(({ id }) => id));
    for (const { title, meaning, fix, severity } of checklistChecks)
      expect([title, meaning, fix].every((text) => text.length > 15) && severity === "error").toBe(true);
  });

  it("judges each point from what the servers say", async () => {
    await using open = await openStack(world());
    const results = await judge(open.stack);
    expect(statusesOf(results), JSON.stringify(results)).toEqual({
      "production-persistence": "fail",
      "production-retention": "fail",
      "production-notifications": "fail",
      "production-rules": "fail",
      "production-dashboards": "pass",
      "production-rbac": "pass",
      "production-limits": "fail",
      "production-backup": "fail",
    });
    const seen = results.find(({ id }) => id === "production-rules");
    expect(seen).toMatchObject({ seen: expect.stringContaining("no rule watches nodes' memory") });
  });

  it("knows nothing when nobody answers: neither met nor unmet", async () => {
    const url = await closedUrl();
    const stack = await stackAt({ prometheus: url, alertmanager: url, grafana: url, kube: url }, world());
    const results = await judge(stack);
    for (const result of results)
      expect(result).toMatchObject({ status: "error", error: expect.stringContaining("ECONNREFUSED") });
  });

  it("takes no empty answer for a good one", async () => {
    const empty = world();
    for (const list of Object.values(empty.kube)) if (Array.isArray(list)) list.length = 0;
    for (const expression of Object.keys(empty.prometheus.queries)) empty.prometheus.queries[expression] = [];
    empty.prometheus.rules = [];
    empty.grafana.dashboards = [];
    await using open = await openStack(empty);
    for (const { id, status } of await judge(open.stack)) expect([id, status]).not.toContain("pass");
  });

  it("refuses an archive that is none", async () => {
    const folder = await mkdtemp(join(tmpdir(), "monstack-backups-"));
    await writeFile(join(folder, "a.tar.gz"), "no archive");
    await using open = await openStack(world());
    const verify = { ...open.stack.verify, backups: folder };
    const results = await judge({ ...open.stack, verify });
    await rm(folder, { recursive: true });
    expect(results.find(({ id }) => id === "production-backup")).toMatchObject({
      status: "fail",
      seen: expect.stringContaining("a.tar.gz is not a whole backup"),
    });
  });
});

it("looks at the backups that monstack wrote of the stack, wherever and whatever they are called", async () => {
  const folder = await mkdtemp(join(tmpdir(), "monstack-backups-"));
  const file = join(folder, "x.tar");
  await writeFile(file, "no archive");
  await using open = await openStack(world());
  const results = await judge({ ...open.stack, backups: [file] });
  await rm(folder, { recursive: true });
  expect(results.find(({ id }) => id === "production-backup")).toMatchObject({
    seen: expect.stringContaining("x.tar is not a whole backup"),
  });
});

describe("a test notification", () => {
  const config = "route: {receiver: ops}\nreceivers: [{name: ops, webhook_configs: [{url: 'http://x'}]}]";

  /** A stack whose receivers are the user's, with an Alertmanager that counts what is posted. */
  async function judged(send: boolean, counts: (posted: number) => string) {
    const own = world();
    own.alertmanager.status = statusWith(config);
    own.alertmanager.held = [];
    Object.defineProperty(own.alertmanager, "metrics", { get: () => counts(own.alertmanager.held.length) });
    await using open = await openStack(own);
    const stack: Stack = {
      ...open.stack,
      plan: { ...open.stack.plan, alerting: { kind: "as-is", reason: "they are the user's" } },
      verify: { ...open.stack.verify, sendTestNotification: send },
    };
    const results = await judge(stack);
    return {
      result: results.find(({ id }) => id === "production-notifications"),
      held: own.alertmanager.held,
    };
  }

  const sent = (count: number) => `alertmanager_notifications_total{integration="webhook"} ${count}\n`;

  it("goes out once to each receiver when it was asked for, and proves the delivery", async () => {
    const { result, held } = await judged(true, (posted) => sent(posted));
    expect(result).toMatchObject({
      status: "pass",
      seen: expect.stringContaining(
        "1 notification went out by webhook, one just now as a test, none failed",
      ),
    });
    expect(held.map(({ labels }) => labels["alertname"])).toEqual(["MonstackSyntheticAlert"]);
  });

  it("that fails is told", async () => {
    const failed = 'alertmanager_notifications_failed_total{integration="webhook",reason="other"} 1\n';
    const { result } = await judged(true, (posted) => sent(posted) + (posted > 0 ? failed : ""));
    expect(result).toMatchObject({ status: "fail", seen: "1 of 1 notification by webhook failed" });
  });

  it("is not needed where monstack took the place of the user's receivers", async () => {
    const own = world();
    own.alertmanager.status = statusWith(config.replaceAll("ops", "default-receiver"));
    await using open = await openStack(own);
    const { plan } = open.stack;
    const alerting = { ...plan.alerting, hasUserReceivers: true } as Stack["plan"]["alerting"];
    const results = await judge({ ...open.stack, plan: { ...plan, alerting } });
    expect(results.find(({ id }) => id === "production-notifications")).toMatchObject({
      status: "pass",
      seen: expect.stringContaining("monstack replaced the receivers"),
    });
  });

  it("is not sent unasked", async () => {
    const { result, held } = await judged(false, () => sent(0));
    expect(held).toEqual([]);
    expect(result).toMatchObject({
      status: "fail",
      seen: "Alertmanager has never sent anything by webhook: nothing proves that it arrives",
    });
  });
});
