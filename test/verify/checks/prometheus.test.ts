import { describe, expect, it } from "vitest";
import { checkIn, failureOf } from "../open-stack.ts";
import { app, labelsOf, workload } from "../rendered-stack.ts";

describe("prometheus-ready", () => {
  it("fails while Prometheus replays its log, and says what it answers", async () => {
    const result = await checkIn("prometheus-ready", ({ prometheus }) => {
      prometheus.ready = { status: 503, body: "Service Unavailable", contentType: "text/plain" };
    });
    expect(failureOf(result)?.seen).toBe("HTTP 503: Service Unavailable");
  });

  it("is skipped with the reason when there is no Prometheus", async () => {
    const result = await checkIn("prometheus-ready", undefined, (stack) => ({
      ...stack,
      prometheus: undefined,
    }));
    expect(result).toMatchObject({ status: "skipped", reason: "Prometheus is not part of this stack" });
  });
});

describe("prometheus-retention", () => {
  it("fails when Prometheus runs with another retention than the chart renders", async () => {
    const result = await checkIn("prometheus-retention", ({ prometheus }) => {
      prometheus.flags["storage.tsdb.retention.time"] = "30d";
    });
    expect(failureOf(result)).toMatchObject({
      expected: "storage.tsdb.retention.time is 15d, as the chart renders it",
      seen: "storage.tsdb.retention.time is 30d",
    });
  });

  it("takes the same duration in other words", async () => {
    const result = await checkIn("prometheus-retention", ({ prometheus }) => {
      prometheus.flags["storage.tsdb.retention.time"] = "360h";
    });
    expect(result.status).toBe("pass");
  });

  it("fails when only the size differs", async () => {
    const args = ["--storage.tsdb.retention.time=15d", "--storage.tsdb.retention.size=10GB"];
    const server = workload("Deployment", "prometheus-server", labelsOf("prometheus", "server"), args);
    const result = await checkIn(
      "prometheus-retention",
      ({ prometheus }) => {
        prometheus.flags["storage.tsdb.retention.size"] = "9GiB";
      },
      (stack) => ({ ...stack, rendered: [app("prometheus", [server])] }),
    );
    expect(failureOf(result)?.seen).toBe("storage.tsdb.retention.size is 9GiB");
  });

  it("is skipped when the charts ask for none", async () => {
    const result = await checkIn("prometheus-retention", undefined, (stack) => ({ ...stack, rendered: [] }));
    expect(result).toMatchObject({ status: "skipped", reason: expect.stringContaining("no retention") });
  });
});

describe("prometheus-config-loaded", () => {
  it("fails when the last reload was refused", async () => {
    const result = await checkIn("prometheus-config-loaded", ({ prometheus }) => {
      prometheus.metrics = "prometheus_config_last_reload_successful 0\n";
    });
    expect(failureOf(result)?.seen).toBe("prometheus_config_last_reload_successful is 0");
  });

  it("fails when the metric isn't there", async () => {
    const result = await checkIn("prometheus-config-loaded", ({ prometheus }) => {
      prometheus.metrics = "prometheus_config_last_reload_successful_other 1\n";
    });
    expect(failureOf(result)?.seen).toContain("has no such metric");
  });
});

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
});
