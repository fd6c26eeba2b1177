import { describe, expect, it } from "vitest";
import { cadvisorContainers } from "../../../../src/verify/checks/targets/exporters.ts";
import { scrapedOnce } from "../../../../src/verify/checks/targets/scraped-once.ts";
import type { Series } from "../../../support/fake-prometheus.ts";
import { container, pod, podNames, target, type World } from "../../healthy-world.ts";
import { faultOf, verdictIn } from "../../open-stack.ts";

const ago = (seconds: number) => Date.now() / 1000 - seconds;
const isoAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

/** Changes the series of the one query that begins so. */
function change({ prometheus }: World, part: string, by: (series: readonly Series[]) => readonly Series[]) {
  const found = Object.keys(prometheus.queries).filter((expression) => expression.startsWith(part));
  if (found.length !== 1) throw new Error(`${found.length} queries begin with ${part}`);
  const [expression = ""] = found;
  prometheus.queries[expression] = by(prometheus.queries[expression] ?? []);
}

describe("cadvisor-containers", () => {
  const series = "max by (namespace, pod, container, image)";
  const grafana = `monitoring/${podNames.grafana}/main`;
  const ofGrafana = (by: (one: Series) => readonly Series[]) =>
    verdictIn(cadvisorContainers, (world) =>
      change(world, series, (all) =>
        all.flatMap((one) => (one[0]["pod"] === podNames.grafana ? by(one) : [one])),
      ),
    );

  it("fails when one container of many has no series", async () => {
    expect(await ofGrafana(() => [])).toMatchObject({
      status: "fail",
      expected: "fresh series with namespace, pod, container and image for each of 5 running containers",
      seen: `1 without: ${grafana} has no series`,
      // A scrape at 15 s, and the kubelet's own pace.
      fault: { id: "cadvisor-containers-missing", graceMs: 35_000 },
    });
  });

  it.each([
    ["from before the deployment", 600, "before the deployment began"],
    ["from before its container started", 100, "before it started"],
  ])("fails on a series %s", async (_, seconds, why) => {
    const verdict = await ofGrafana(([labels]) => [[labels, ago(seconds)]]);
    expect(verdict).toMatchObject({ status: "fail", seen: expect.stringContaining(why) });
  });

  it("fails on a series that has grown old", async () => {
    const verdict = await verdictIn(cadvisorContainers, (world) => {
      for (const { status } of world.kube.pods)
        for (const one of (status as { containerStatuses: object[] }).containerStatuses)
          Object.assign(one, { state: { running: { startedAt: new Date(Date.now() - 110_000) } } });
      change(world, series, (all) => all.map(([labels]) => [labels, ago(100)]));
    });
    expect(verdict).toMatchObject({ status: "fail", seen: expect.stringContaining("100 s ago") });
  });

  it("fails on a series without an image", async () => {
    const verdict = await ofGrafana(([{ image: _, ...labels }, value]) => [[labels, value]]);
    expect(verdict).toMatchObject({ status: "fail", seen: `1 without: ${grafana} has no label image` });
  });

  it("takes the newest of a container that was replaced", async () => {
    const verdict = await ofGrafana((one) => [[{ ...one[0], image: "old" }, ago(600)], one]);
    expect(verdict.status).toBe("pass");
  });

  it("does not take a container of the same name in another namespace for it", async () => {
    const verdict = await ofGrafana(([labels, value]) => [[{ ...labels, namespace: "other" }, value]]);
    expect(verdict).toMatchObject({ status: "fail", seen: `1 without: ${grafana} has no series` });
  });

  it.each([
    ["cadvisor-missing", []],
    ["cadvisor-labels-missing", [[{}, ago(1)] as const]],
  ])("calls it %s when no container has any", async (id, newest) => {
    const verdict = await verdictIn(cadvisorContainers, (world) => {
      change(world, series, () => []);
      world.prometheus.queries["max(timestamp(container_memory_usage_bytes))"] = newest;
    });
    expect(faultOf(verdict)?.id).toBe(id);
  });

  it("wants every container of a pod, sidecars too, but not what has ended or goes", async () => {
    const state = { running: { startedAt: isoAgo(60) } };
    const verdict = await verdictIn(cadvisorContainers, ({ kube }) => {
      const going = pod("going", {});
      going.metadata["deletionTimestamp"] = isoAgo(1);
      kube.pods.push(going);
      Object.assign(kube.pods[0]?.["status"] as object, {
        containerStatuses: [
          container({ state }),
          container({ name: "second", state }),
          container({ name: "ended", ready: false, state: { terminated: { exitCode: 0 } } }),
        ],
        initContainerStatuses: [
          container({ name: "sidecar", started: true, state }),
          container({ name: "init", state: { terminated: { exitCode: 0 } } }),
        ],
      });
    });
    const one = `monitoring/${podNames.prometheus}`;
    expect(verdict).toMatchObject({
      seen: `2 without: ${one}/second has no series, ${one}/sidecar has no series`,
    });
  });

  it.each([
    ["has just begun", 5, "pass"],
    ["has run for long", 60, "fail"],
  ])("judges somebody else's container that %s", async (_, seconds, status) => {
    const verdict = await verdictIn(cadvisorContainers, ({ kube }) => {
      const theirs = pod("theirs", {}, Date.now() - seconds * 1000 + 60_000);
      theirs.metadata.namespace = "shop";
      kube.pods.push(theirs);
    });
    expect(verdict.status).toBe(status);
  });

  it("fails when none of the stack's own containers runs", async () => {
    const verdict = await verdictIn(cadvisorContainers, ({ kube }) => kube.pods.splice(0));
    expect(verdict).toMatchObject({ status: "fail", seen: "no running container in monitoring" });
  });

  it("is skipped when no job scrapes cAdvisor", async () => {
    const verdict = await verdictIn(cadvisorContainers, ({ prometheus }) => {
      prometheus.config = "scrape_configs: [{job_name: one}]";
    });
    expect(verdict).toMatchObject({ status: "skipped", reason: expect.stringContaining("cAdvisor") });
  });
});

describe("scraped-once", () => {
  it("fails when two targets have one URL, and names who finds it", async () => {
    const url = "http://10.42.0.5:8080/metrics";
    const verdict = await verdictIn(scrapedOnce, ({ prometheus }) => {
      prometheus.targets.push(target("kubernetes-pods", url, { pod_name: "ksm-1" }));
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: `${url} in 2 targets: job kubernetes-service-endpoints (service prometheus-kube-state-metrics), job kubernetes-pods (pod ksm-1)`,
      fault: { id: "scraped-twice", graceMs: 10_000 },
    });
  });

  it.each([
    ["max by (id,", "cAdvisor", `/kubepods/${podNames.prometheus}/${podNames.prometheus}/main`],
    ["max by (nodename,", "node-exporter", "lab-1"],
    ["max by (uid,", "kube-state-metrics", `uid-of-${podNames.prometheus}`],
  ])("fails when the same comes by another URL: %s", async (part, name, identity) => {
    const verdict = await verdictIn(scrapedOnce, (world) =>
      change(world, part, (all) => [
        ...all,
        ...all.slice(0, 1).map(([labels]): Series => [{ ...labels, job: "again", instance: "b" }, ago(1)]),
      ]),
    );
    expect(verdict).toMatchObject({
      status: "fail",
      seen: expect.stringMatching(new RegExp(`^${identity} comes from 2 targets: .*job again from b$`)),
      cause: expect.stringContaining(name),
      fault: { id: "scraped-twice", graceMs: 20_000 },
    });
  });

  it("does not count what a target from before the deployment left behind", async () => {
    const verdict = await verdictIn(scrapedOnce, (world) =>
      change(world, "max by (nodename,", (all) => [
        ...all,
        ...all.map(([labels]): Series => [{ ...labels, job: "old" }, ago(200)]),
      ]),
    );
    expect(verdict.status).toBe("pass");
  });

  it.each(["max by (id,", "max by (nodename,", "max by (uid,"])(
    "fails when there is nothing to compare: %s",
    async (part) => {
      for (const left of [[], [[{}, ago(600)] as const]]) {
        const verdict = await verdictIn(scrapedOnce, (world) => change(world, part, () => left));
        expect(faultOf(verdict)?.id).toBe("scraped-nothing");
      }
    },
  );

  it("fails without any target", async () => {
    const verdict = await verdictIn(scrapedOnce, ({ prometheus }) => prometheus.targets.splice(0));
    expect(verdict).toMatchObject({ status: "fail", seen: "no target at all" });
  });
});
