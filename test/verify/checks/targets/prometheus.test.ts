import { describe, expect, it } from "vitest";
import { prometheusRetention } from "../../../../src/verify/checks/requested/prometheus-settings.ts";
import {
  prometheusConfigLoaded,
  prometheusReady,
} from "../../../../src/verify/checks/targets/prometheus-health.ts";
import type { World } from "../../healthy-world.ts";
import { checkIn, failureOf, faultOf, verdictIn } from "../../open-stack.ts";
import { app, labelsOf, workload } from "../../rendered-stack.ts";

describe("prometheus-ready", () => {
  it("says how long that may last", async () => {
    const verdict = await verdictIn(prometheusReady, ({ prometheus }) => {
      prometheus.ready = { status: 503, body: "Service Unavailable", contentType: "text/plain" };
    });
    expect(faultOf(verdict)).toEqual({ id: "prometheus-not-ready", graceMs: 15_000 });
  });

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
      expected: "storage.tsdb.retention.time is 15d, as the chart has it",
      seen: "storage.tsdb.retention.time is 30d",
    });
  });

  it("gives a pod that is being replaced a moment", async () => {
    const verdict = await verdictIn(prometheusRetention, ({ prometheus }) => {
      prometheus.flags = {};
    });
    expect(verdict).toMatchObject({ fault: { id: "retention-ignored", graceMs: 2_000 } });
  });

  it("goes by Prometheus' configuration where that has it, as an operator writes it", async () => {
    const inConfig = (time: string) => (world: World) => {
      world.prometheus.flags["storage.tsdb.retention.time"] = "0s";
      world.prometheus.config = `${world.prometheus.config}\nstorage: { tsdb: { retention: { time: ${time} } } }\n`;
    };
    expect((await checkIn("prometheus-retention", inConfig("15d"))).status).toBe("pass");
    expect(failureOf(await checkIn("prometheus-retention", inConfig("30d")))).toMatchObject({
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

  it("gives a new Prometheus no time for a configuration that it refuses", async () => {
    const verdict = await verdictIn(prometheusConfigLoaded, ({ prometheus }) => {
      prometheus.metrics = `prometheus_config_last_reload_successful 0\nprocess_start_time_seconds ${Date.now() / 1000}`;
    });
    expect(faultOf(verdict)).toEqual({ id: "prometheus-config-invalid", graceMs: 10_000 });
  });

  it("fails while an older configuration is in force", async () => {
    const verdict = await verdictIn(prometheusConfigLoaded, ({ prometheus }) => {
      prometheus.metrics = "prometheus_config_last_reload_successful 1\nprocess_start_time_seconds 5";
      prometheus.config = prometheus.config
        .replace("job_name: kubernetes-pods", "job_name: old-pods")
        .replace("scrape_interval: 15s", "scrape_interval: 1m");
    });
    expect(verdict).toMatchObject({
      seen: "the global scrape_interval is 1m, not 15s, job kubernetes-pods is not there",
    });
    expect(faultOf(verdict)).toEqual({ id: "config-not-in-force", graceMs: 90_000 });
  });

  it("takes the same interval in other words, and what the charts don't render", async () => {
    const result = await checkIn("prometheus-config-loaded", ({ prometheus }) => {
      prometheus.config = `${prometheus.config.replace("scrape_interval: 5m", "scrape_interval: 300s")}
  - job_name: another
`;
    });
    expect(result.status).toBe("pass");
  });

  it("fails when the metric isn't there", async () => {
    const result = await checkIn("prometheus-config-loaded", ({ prometheus }) => {
      prometheus.metrics = "prometheus_config_last_reload_successful_other 1\n";
    });
    expect(failureOf(result)?.seen).toContain("has no such metric");
  });
});
