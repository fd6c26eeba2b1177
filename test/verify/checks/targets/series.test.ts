import { describe, expect, it } from "vitest";
import type { Check } from "../../../../src/stack/check.ts";
import type { Stack } from "../../../../src/stack/stack.ts";
import { kubeNodeInfo, nodeExporterOnEveryNode } from "../../../../src/verify/checks/targets/exporters.ts";
import { queryNodeCpu } from "../../../../src/verify/checks/targets/node-queries.ts";
import { queryCpu, queryMemory, queryPodStatus } from "../../../../src/verify/checks/targets/pod-queries.ts";
import { scrapedOnce } from "../../../../src/verify/checks/targets/scraped-once.ts";
import type { Series } from "../../../support/fake-prometheus.ts";
import { node, nodeObject, podNames, uidOf, type World } from "../../healthy-world.ts";
import { checkIn, failureOf, faultOf, verdictIn } from "../../open-stack.ts";

const seconds = (ago: number) => Date.now() / 1000 - ago;

/** Changes the series of every query whose text contains `part`. */
function changeQueries(
  { prometheus }: World,
  part: string,
  change: (series: readonly Series[]) => readonly Series[],
) {
  const changed = Object.entries(prometheus.queries).filter(([expression]) => expression.includes(part));
  if (changed.length === 0) throw new Error(`no query has ${part}`);
  for (const [expression, series] of changed) prometheus.queries[expression] = change(series);
}

/** Ten minutes old: from before the deployment. */
const aged = (series: readonly Series[]) => series.map(([labels]): Series => [labels, seconds(600)]);

describe.each([
  ["scraped-once", "timestamp(kube_pod_info)"],
  ["kube-node-info", "timestamp(kube_node_info)"],
  ["node-exporter-on-every-node", "timestamp(node_uname_info)"],
  ["query-cpu", "timestamp(container_cpu"],
  ["query-memory", "timestamp(container_memory"],
  ["query-pod-status", "timestamp(kube_pod_status_phase"],
  ["query-node-cpu", "timestamp(node_cpu"],
])("%s", (id, part) => {
  it("does not count samples from before the deployment", async () => {
    const result = await checkIn(id, (world) => changeQueries(world, part, aged));
    expect(failureOf(result)?.seen).toContain("before the deployment began");
  });

  it("does not count samples that have grown old since", async () => {
    const result = await checkIn(id, (world) => {
      const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
      Object.assign(world, { deployedAt: hourAgo });
      for (const { status } of world.kube.pods) Object.assign(status as object, { startTime: hourAgo });
      changeQueries(world, part, aged);
    });
    expect(failureOf(result)?.seen).toMatch(/60\d s ago/);
  });
});

describe.each([
  ["query-cpu", "sum(rate("],
  ["query-memory", "sum(container_memory"],
])("%s", (id, part) => {
  it("names the pod that has no value", async () => {
    const result = await checkIn(id, (world) =>
      changeQueries(world, part, (all) => all.filter(([{ pod }]) => pod !== podNames.grafana)),
    );
    expect(failureOf(result)?.seen).toBe(`${podNames.grafana} has no value`);
  });

  it("does not count the root cgroup", async () => {
    const result = await checkIn(id, (world) => changeQueries(world, part, () => [[{ pod: "" }, 5]]));
    expect(failureOf(result)?.seen).toBe("only 1 series without a pod");
  });

  it.each(["NaN", "+Inf"])("fails on %s", async (value) => {
    const result = await checkIn(id, (world) =>
      changeQueries(world, part, (all) => all.map(([labels]) => [labels, value])),
    );
    expect(failureOf(result)?.seen).toContain(`${podNames.prometheus} is ${value}`);
  });

  it("is an error when Prometheus refuses the query, with its words", async () => {
    const result = await checkIn(id, ({ prometheus }) => {
      prometheus.queries = {};
    });
    expect(result).toMatchObject({
      status: "error",
      error: expect.stringContaining("bad_data: invalid parameter"),
    });
  });
});

describe("query-pod-status", () => {
  it("says that nothing runs in default when nothing does", async () => {
    const result = await checkIn("query-pod-status");
    expect(result).toMatchObject({
      status: "pass",
      seen: expect.stringContaining("no pod runs in namespace default"),
    });
  });

  it("wants series for pods in default when there are some", async () => {
    const result = await checkIn("query-pod-status", ({ kube }) => {
      kube.pods.push({ metadata: { name: "web", namespace: "default" }, status: { phase: "Running" } });
    });
    expect(failureOf(result)?.seen).toBe("default/web has no series");
  });

  it("fails when the metrics say another phase than the cluster", async () => {
    const result = await checkIn("query-pod-status", (world) =>
      changeQueries(world, 'kube_pod_status_phase{namespace="monitoring"}', (all) =>
        all.map(([labels, value]) =>
          labels["pod"] === podNames.grafana && Number(value) < 2
            ? [labels, value === 1 ? 0 : 1]
            : [labels, value],
        ),
      ),
    );
    expect(failureOf(result)?.seen).toBe(`monitoring/${podNames.grafana} is Pending`);
  });
});

/** What a restore brings back, or a crash leaves: series of an earlier pod of the same name, of before this one started. */
describe("series of an earlier pod or node of the same name", () => {
  const { alertmanager } = podNames;
  const earlier = 'kube_pod_status_phase{namespace="monitoring"}';
  const addPhases = (world: World, labels: Record<string, string>, takenAgo: number) => {
    for (const phase of ["Running", "Pending"]) {
      const series = { ...labels, pod: alertmanager, phase };
      const value = phase === "Pending" ? 1 : 0;
      world.prometheus.queries[earlier] = [
        ...(world.prometheus.queries[earlier] ?? []),
        [{ __name__: "kube_pod_status_phase", ...series }, value],
      ];
      const taken = `timestamp(${earlier})`;
      world.prometheus.queries[taken] = [
        ...(world.prometheus.queries[taken] ?? []),
        [series, seconds(takenAgo)],
      ];
    }
  };

  it.each([
    ["by uid", { uid: "of-the-earlier-pod" }, 1],
    ["by time, where the metric has no uid", { instance: "10.42.0.99:8080" }, 100],
    [
      "by time, where kube-state-metrics itself was replaced",
      { uid: uidOf(alertmanager), instance: "old" },
      30,
    ],
  ])("say nothing of the state of this one: %s", async (_, labels, takenAgo) => {
    const result = await checkIn("query-pod-status", (world) => addPhases(world, labels, takenAgo));
    expect(result).toMatchObject({ status: "pass" });
  });

  it("are not this one's when there is nothing else, and the reason says so", async () => {
    const result = await checkIn("query-pod-status", (world) => {
      changeQueries(world, "kube_pod_status_phase", (all) => all.filter(([{ pod }]) => pod !== alertmanager));
      addPhases(world, { instance: "10.42.0.99:8080" }, 100);
    });
    expect(failureOf(result)).toMatchObject({
      seen: expect.stringMatching(
        /^monitoring\/prometheus-alertmanager-0 was last scraped .*, before it started/,
      ),
      cause: expect.stringContaining("has not been scraped since these pods started"),
    });
  });

  it("a phase that differs is not blamed on a scrape that is missing", async () => {
    const result = await checkIn("query-pod-status", (world) =>
      changeQueries(world, earlier, (all) =>
        all.map(([labels, value]) => (value === 1 ? [labels, 0] : [labels, value])),
      ),
    );
    expect(failureOf(result)?.cause).toMatch(/reports another phase than the API server/);
  });

  it.each([
    ["query-cpu", "timestamp(container_cpu"],
    ["query-memory", "timestamp(container_memory"],
    ["cadvisor-containers", "(timestamp(container_memory"],
  ])("give it no value: %s", async (id, part) => {
    const result = await checkIn(id, (world) =>
      changeQueries(world, part, (all) =>
        all.map(([labels, value]) => [labels, labels["pod"] === alertmanager ? seconds(100) : value]),
      ),
    );
    expect(failureOf(result)?.seen).toMatch(
      /prometheus-alertmanager-0\S* was last scraped .*, before it started/,
    );
  });

  it("leave the nodes' CPU alone, and their disks", async () => {
    const gone = { instance: "198.51.100.77:9100" };
    const add = (part: string, value: number | string) => (world: World) =>
      changeQueries(world, part, (all) => [...all, [gone, value]]);
    const cpu = await checkIn("query-node-cpu", (world) => {
      add("irate", 3)(world);
      add("timestamp(node_cpu", seconds(200))(world);
    });
    expect(cpu).toMatchObject({ status: "pass", seen: expect.stringMatching(/^1 node: /) });
    const disk = await checkIn("series-budget", (world) => {
      add("(node_filesystem_avail", 5)(world);
      changeQueries(world, "timestamp(node_filesystem", (all) =>
        all.map(([labels, value]) => [labels, labels["instance"] === gone.instance ? seconds(200) : value]),
      );
    });
    expect(disk).toMatchObject({ status: "pass" });
  });
});

describe("query-node-cpu", () => {
  it("fails when a node has no value", async () => {
    const result = await checkIn("query-node-cpu", ({ kube }) => {
      kube.nodes.push(nodeObject("lab-2", "198.51.100.11"));
    });
    expect(failureOf(result)?.seen).toBe("1 node with a value");
  });

  it("fails on NaN", async () => {
    const result = await checkIn("query-node-cpu", (world) =>
      changeQueries(world, "irate", (all) => all.map(([labels]) => [labels, "NaN"])),
    );
    expect(failureOf(result)?.seen).toContain("198.51.100.10:9100 is NaN");
  });
});

describe("kube-state-metrics-once", () => {
  it("is another name of scraped-once", async () => {
    const result = await checkIn("kube-state-metrics-once", (world) =>
      changeQueries(world, "timestamp(kube_pod_info)", (all) => [
        ...all,
        [{ ...all[0]?.[0], job: "ksm-static", instance: "ksm:8080" }, seconds(1)],
      ]),
    );
    expect(result.id).toBe("scraped-once");
    expect(failureOf(result)?.seen).toBe(
      `uid-of-${podNames.prometheus} comes from 2 targets: job kubernetes-service-endpoints from 10.42.0.5:8080, job ksm-static from ksm:8080`,
    );
  });

  it("passes when it is sharded: each object comes from one shard", async () => {
    const result = await checkIn("kube-state-metrics-once", (world) =>
      changeQueries(world, "timestamp(kube_pod_info)", (all) => [
        ...all,
        [{ job: "kubernetes-service-endpoints", instance: "10.42.0.6:8080", uid: "another" }, seconds(1)],
      ]),
    );
    expect(result.status).toBe("pass");
  });
});

describe("kube-node-info", () => {
  it("fails when the metrics lack a node", async () => {
    const result = await checkIn("kube-node-info", ({ kube }) => {
      kube.nodes.push(nodeObject("lab-2", "198.51.100.11"));
    });
    expect(failureOf(result)).toMatchObject({
      expected: expect.stringContaining("2 nodes"),
      seen: "lab-2 is missing",
    });
  });

  it("fails when they have one that the cluster has not", async () => {
    const result = await checkIn("kube-node-info", ({ kube }) => {
      kube.nodes = [nodeObject("other", "198.51.100.10")];
    });
    expect(failureOf(result)?.seen).toContain(`${node} is not a node of this cluster`);
  });
});

describe("kube-node-info", () => {
  it("fails on one node too many, though none is missing", async () => {
    const result = await checkIn("kube-node-info", (world) =>
      changeQueries(world, "timestamp(kube_node_info)", (all) => [...all, [{ node: "gone" }, seconds(1)]]),
    );
    expect(failureOf(result)?.seen).toBe("gone is not a node of this cluster");
  });
});

describe("node-exporter-on-every-node", () => {
  it("names the node without one and what its pod says", async () => {
    const result = await checkIn("node-exporter-on-every-node", (world) => {
      changeQueries(world, "timestamp(node_uname_info)", () => []);
      const waiting = { reason: "CreateContainerError", message: "path / is not a shared or slave mount" };
      const pod = world.kube.pods.find(({ metadata }) => metadata.name === podNames.nodeExporter);
      Object.assign(pod?.["status"] as object, {
        containerStatuses: [{ name: "node-exporter", ready: false, restartCount: 0, state: { waiting } }],
      });
    });
    expect(failureOf(result)).toMatchObject({
      seen: `none for ${node}`,
      cause: expect.stringContaining("CreateContainerError: path / is not a shared or slave mount"),
    });
  });

  it("knows a node by its address when the series has no node label", async () => {
    const result = await checkIn("node-exporter-on-every-node", (world) =>
      changeQueries(world, "timestamp(node_uname_info)", () => [
        [{ instance: "198.51.100.10:9100" }, seconds(1)],
      ]),
    );
    expect(result.status).toBe("pass");
  });

  it("fails when one is scraped twice", async () => {
    const result = await checkIn("node-exporter-on-every-node", (world) =>
      changeQueries(world, "timestamp(node_uname_info)", (all) => [
        ...all,
        [{ instance: "again", job: "b", node }, seconds(1)],
      ]),
    );
    expect(failureOf(result)?.seen).toContain("again (job b)");
  });
});

/** Targets that are scraped this often, as Prometheus writes it. */
function scrapedEvery(world: World, scrapeInterval: string): void {
  for (const target of world.prometheus.targets) Object.assign(target, { scrapeInterval });
}

const none = () => [];
const withoutGrafana = (all: readonly Series[]) => all.filter(([{ pod }]) => pod !== podNames.grafana);

/** A k3s that monstack started, with profile ci. */
function onOurK3s(stack: Stack): Stack {
  const config = { ...stack.plan.config, cluster: { kind: "k3s" as const } };
  return { ...stack, plan: { ...stack.plan, config } };
}

describe("how long it may take", () => {
  it.each<[string, Check, string, typeof none, string, string, number]>([
    ["is one scrape", scrapedOnce, "kube_pod_info", none, "2s", "scraped-nothing", 10_000],
    ["is one scrape", kubeNodeInfo, "kube_node_info", none, "15s", "nodes-missing", 20_000],
    [
      "is one scrape",
      nodeExporterOnEveryNode,
      "node_uname_info",
      none,
      "30s",
      "node-exporter-missing",
      35_000,
    ],
    ["is one scrape", queryPodStatus, "kube_pod_status", none, "2s", "query-pods-missing", 10_000],
    ["are two scrapes", queryNodeCpu, "irate", none, "15s", "query-nodes-missing", 35_000],
    ["is nothing with rare scrapes", queryNodeCpu, "irate", none, "3m", "window-too-short", 0],
    ["is nothing with rare scrapes", queryCpu, "sum(rate", none, "3m", "window-too-short", 0],
    [
      "is short for a metric that is nowhere",
      queryCpu,
      "cpu_usage",
      none,
      "2s",
      "query-metric-missing",
      10_000,
    ],
  ])("%s: %#", async (_, check, part, change, interval, id, graceMs) => {
    const verdict = await verdictIn(check, (world) => {
      scrapedEvery(world, interval);
      changeQueries(world, part, change);
    });
    expect(faultOf(verdict)).toEqual({ id, graceMs });
  });

  it.each([
    [queryCpu, "sum(rate(", 40_000, 12_000],
    [queryMemory, "sum(container_memory", 25_000, 11_000],
  ])("depends on whose kubelet it is when only a pod is missing: %#", async (check, part, theirs, ours) => {
    const lacking = (world: World) => {
      scrapedEvery(world, "2s");
      changeQueries(world, part, withoutGrafana as typeof none);
    };
    const id = "query-pods-missing";
    expect(faultOf(await verdictIn(check, lacking))).toEqual({ id, graceMs: theirs });
    expect(faultOf(await verdictIn(check, lacking, onOurK3s))).toEqual({ id, graceMs: ours });
  });

  it("follows the global interval when there is no target to ask", async () => {
    const verdict = await verdictIn(kubeNodeInfo, (world) => {
      world.prometheus.targets = [];
      changeQueries(world, "kube_node_info", none);
    });
    expect(faultOf(verdict)).toEqual({ id: "nodes-missing", graceMs: 20_000 });
  });
});
