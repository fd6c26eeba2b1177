import { describe, expect, it } from "vitest";
import type { RenderedApp } from "../../../../src/model/rendered.ts";
import type { Stack } from "../../../../src/stack/stack.ts";
import { alertmanagerWired } from "../../../../src/verify/checks/alerting/alertmanager-wired.ts";
import { healthyWorld, type World } from "../../healthy-world.ts";
import { checkIn, failureOf, openStack } from "../../open-stack.ts";
import { prometheusYml } from "../../rendered-stack.ts";

describe("alertmanager-wired", () => {
  const discovered = "prometheus_notifications_alertmanagers_discovered 1\n";
  const lost =
    'prometheus_notifications_errors_total{alertmanager="a"} 3\nprometheus_notifications_dropped_total 0\n';
  const metric = "prometheus_notifications_errors_total";

  it("fails when Prometheus knows no Alertmanager", async () => {
    const result = await checkIn("alertmanager-wired", ({ prometheus }) => {
      prometheus.alertmanagers = [];
    });
    expect(failureOf(result)).toMatchObject({
      seen: "none",
      cause: expect.stringContaining("prometheus-alertmanager"),
    });
  });

  it("takes a counter that never counted for 0", async () => {
    const result = await checkIn("alertmanager-wired", ({ prometheus }) => {
      prometheus.metrics = discovered;
    });
    expect(result.status).toBe("pass");
  });

  it("fails when Prometheus says nothing of its notifier", async () => {
    const result = await checkIn("alertmanager-wired", ({ prometheus }) => {
      prometheus.metrics = "prometheus_build_info 1\n";
    });
    expect(failureOf(result)?.seen).toContain("has no prometheus_notifications_alertmanagers_discovered");
  });

  it("fails while notifications are being lost", async () => {
    const result = await checkIn("alertmanager-wired", ({ prometheus }) => {
      prometheus.metrics = discovered + lost;
      prometheus.queries[`timestamp(${metric})`] = [[{}, Date.now() / 1000 - 1]];
      prometheus.queries[`sum(increase(${metric}[1m]))`] = [[{}, 3]];
    });
    expect(failureOf(result)?.seen).toBe(`${metric} is 3`);
  });

  it("passes when they were lost only at the start, and says so", async () => {
    const result = await checkIn("alertmanager-wired", ({ prometheus }) => {
      prometheus.metrics = discovered + lost;
      prometheus.queries[`timestamp(${metric})`] = [[{}, Date.now() / 1000 - 1]];
      prometheus.queries[`sum(increase(${metric}[1m]))`] = [[{}, 0]];
    });
    expect(result).toMatchObject({ status: "pass", seen: expect.stringContaining("from the start only") });
  });

  it("passes as soon as what is sent after the losses arrives at each Alertmanager", async () => {
    const world = healthyWorld();
    const urls = ["http://10.42.0.8:9093/api/v2/alerts", "http://10.42.0.9:9093/api/v2/alerts"];
    const { prometheus } = world;
    prometheus.alertmanagers = urls;
    prometheus.queries[`timestamp(${metric})`] = [[{}, Date.now() / 1000 - 1]];
    prometheus.queries[`sum(increase(${metric}[1m]))`] = [[{}, 3]];
    const at = (errors: number, ...sent: number[]) => {
      const lines = sent.map(
        (count, one) => `prometheus_notifications_sent_total{alertmanager="${urls[one]}"} ${count}`,
      );
      prometheus.metrics = `${discovered}${metric}{alertmanager="${urls[1]}"} ${errors}\n${lines.join("\n")}\n`;
    };
    await using open = await openStack(world);
    const status = async () => (await alertmanagerWired.run(open.stack)).status;
    at(3, 5, 3);
    expect(await status()).toBe("fail");
    at(3, 6, 3);
    expect(await status()).toBe("fail");
    at(4, 7, 4);
    expect(await status()).toBe("fail");
    at(4, 8, 5);
    expect(await alertmanagerWired.run(open.stack)).toMatchObject({
      status: "pass",
      seen: expect.stringContaining("what was sent since has arrived"),
    });
  });

  it.each([
    ["was never scraped", []],
    ["has no growth yet", [[{}, Date.now() / 1000 - 1] as const]],
  ])("fails when the counter %s", async (_, taken) => {
    const result = await checkIn("alertmanager-wired", ({ prometheus }) => {
      prometheus.metrics = discovered + lost;
      prometheus.queries[`timestamp(${metric})`] = taken;
      prometheus.queries[`sum(increase(${metric}[1m]))`] = [];
    });
    expect(result.status).toBe("fail");
  });

  it("is skipped when Alertmanager isn't deployed", async () => {
    const result = await checkIn("alertmanager-wired", undefined, (stack) => ({
      ...stack,
      alertmanager: undefined,
    }));
    expect(result).toMatchObject({ status: "skipped", reason: "Alertmanager is not part of this stack" });
  });

  it("fails for good on a path that Alertmanager doesn't serve, though nothing was lost yet", async () => {
    const result = await checkIn("alertmanager-wired", ({ prometheus }) => {
      prometheus.alertmanagers = ["http://10.42.0.9:9093/alertmanager/api/v2/alerts"];
    });
    expect(result).toMatchObject({
      fault: "alertmanager-not-wired",
      cause: expect.stringContaining("posts alerts to /alertmanager/api/v2/alerts"),
    });
  });

  it.each([
    ["names none", prometheusYml, "alertmanager-not-wired"],
    [
      "names one that is not found",
      `${prometheusYml}alerting: { alertmanagers: [{ kubernetes_sd_configs: [{ role: pod }] }] }\n`,
      "alertmanager-not-wired",
    ],
  ])("tells by its fault whether the configuration %s", async (_, config, fault) => {
    const result = await checkIn("alertmanager-wired", ({ prometheus }) => {
      Object.assign(prometheus, { alertmanagers: [], config });
    });
    expect(result).toMatchObject({ status: "fail", fault });
  });

  describe("with two replicas", () => {
    const two = (stack: Stack): Stack => {
      const rendered = structuredClone(stack.rendered) as RenderedApp[];
      const workload = rendered
        .flatMap(({ objects }) => objects)
        .find(({ kind, metadata }) => kind === "StatefulSet" && metadata.name.endsWith("-alertmanager"));
      Object.assign(workload?.["spec"] as object, { replicas: 2 });
      return { ...stack, rendered };
    };
    const knowing =
      (peers: number, status: string, urls = 2) =>
      ({ alertmanager, prometheus }: World) => {
        const known = alertmanager.status as { cluster: { peers: unknown[]; status: string } };
        known.cluster = { ...known.cluster, peers: Array(peers).fill({}), status };
        prometheus.alertmanagers = Array.from(
          { length: urls },
          (_, at) => `http://10.42.0.${at}:9093/api/v2/alerts`,
        );
      };

    it.each([
      [0, "disabled", "clustering is disabled"],
      [1, "ready", "1 peer, status ready"],
    ])("fails when they do not know each other: %i peers, %s", async (peers, status, seen) => {
      const result = await checkIn("alertmanager-wired", knowing(peers, status), two);
      expect(result).toMatchObject({ status: "fail", fault: "alertmanager-not-clustered", seen });
    });

    it("passes when they do", async () => {
      const result = await checkIn("alertmanager-wired", knowing(2, "ready"), two);
      expect(result).toMatchObject({ status: "pass", seen: expect.not.stringContaining("replicas") });
    });

    it("says that Prometheus posts to one of them when a service stands in between", async () => {
      const result = await checkIn("alertmanager-wired", knowing(2, "ready", 1), two);
      expect(result).toMatchObject({
        status: "pass",
        seen: expect.stringContaining("to 1 of 2 replicas"),
      });
    });
  });
});
