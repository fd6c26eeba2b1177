import { describe, expect, it } from "vitest";
import { seriesBudget } from "../../../../src/verify/checks/targets/series-budget.ts";
import { podNames, type World } from "../../healthy-world.ts";
import { testVerify, verdictIn } from "../../open-stack.ts";

function onVolume(world: World, size: string, stored: string): void {
  const { kube, prometheus } = world;
  const pod = kube.pods.find(({ metadata }) => metadata.name === podNames.prometheus);
  Object.assign(pod?.["spec"] as object, {
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "prometheus-server" } }],
  });
  Object.assign(kube.claims[0] ?? {}, { status: { phase: "Bound", capacity: { storage: size } } });
  prometheus.metrics = `prometheus_tsdb_storage_blocks_bytes ${stored}\nprometheus_tsdb_wal_storage_size_bytes 1048576`;
}

describe("series-budget", () => {
  it("says what there is", async () => {
    expect(await verdictIn(seriesBudget)).toEqual({
      status: "pass",
      seen: "5000 series of 1000000; 2.9 MiB stored, without a retention size, PVC prometheus-server of 8 GiB",
    });
  });

  it("fails at once on too many series, with the metrics that have the most", async () => {
    const verdict = await verdictIn(seriesBudget, undefined, (stack) => ({
      ...stack,
      verify: testVerify({ maxSeries: 4_999 }),
    }));
    expect(verdict).toMatchObject({
      status: "fail",
      expected: expect.stringContaining("at most 4999 series"),
      seen: "5000 series, most of them: apiserver_request_duration_seconds_bucket 900, up 5",
      fault: { id: "too-many-series", graceMs: 0 },
    });
  });

  it("fails without any series", async () => {
    const verdict = await verdictIn(seriesBudget, ({ prometheus }) => {
      prometheus.tsdb.series = 0;
    });
    expect(verdict).toMatchObject({ status: "fail", seen: "no series at all", fault: { id: "no-series" } });
  });

  it("fails while a target is yet to be scraped: its series are not counted", async () => {
    const verdict = await verdictIn(seriesBudget, ({ prometheus }) => {
      Object.assign(prometheus.targets[0] ?? {}, { health: "unknown" });
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: expect.stringMatching(/^1 of \d+ targets not scraped yet$/),
      fault: { id: "not-scraped-yet" },
    });
  });

  it("fails when Prometheus doesn't say how much it stores", async () => {
    const verdict = await verdictIn(seriesBudget, ({ prometheus }) => {
      prometheus.metrics = "up 1";
    });
    expect(verdict).toMatchObject({ status: "fail", fault: { id: "storage-unknown" } });
  });

  it.each([
    ["8Gi", "7e9", "pass"],
    ["8Gi", "8e9", "fail"],
    ["8G", "7.3e9", "fail"],
  ])("on a volume of %s with %s bytes it is a %s", async (size, stored, status) => {
    const verdict = await verdictIn(seriesBudget, (world) => onVolume(world, size, stored));
    expect(verdict.status).toBe(status);
    if (status === "fail") expect(verdict).toMatchObject({ fault: { id: "disk-nearly-full" } });
  });

  it("fails when the volume is full before the retention size is reached", async () => {
    const verdict = await verdictIn(seriesBudget, (world) => {
      onVolume(world, "8Gi", "0");
      world.prometheus.flags["storage.tsdb.retention.size"] = "10GB";
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "the retention size 10 GiB is more than PVC prometheus-server holds, 8 GiB",
      fault: { id: "retention-exceeds-volume" },
    });
  });

  it("fails under DiskPressure", async () => {
    const verdict = await verdictIn(seriesBudget, ({ kube }) => {
      Object.assign(kube.nodes[0]?.["status"] as object, {
        conditions: [{ type: "DiskPressure", status: "True" }],
      });
    });
    expect(verdict).toMatchObject({ status: "fail", seen: "node lab-1 is under DiskPressure" });
  });

  it("fails when a node's disk has less than 1 GiB left", async () => {
    const verdict = await verdictIn(seriesBudget, ({ prometheus }) => {
      const query = 'min by (instance) (node_filesystem_avail_bytes{mountpoint="/"})';
      prometheus.queries[query] = [[{ instance: "a:9100" }, 5e8]];
      const taken = 'max by (instance) (timestamp(node_filesystem_avail_bytes{mountpoint="/"}))';
      prometheus.queries[taken] = [[{ instance: "a:9100" }, Date.now() / 1000 - 1]];
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "477 MiB free on / of a:9100",
      fault: { id: "disk-nearly-full" },
    });
  });
});
