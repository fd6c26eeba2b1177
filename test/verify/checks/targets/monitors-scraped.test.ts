import { describe, expect, it } from "vitest";
import type { Stack } from "../../../../src/stack/stack.ts";
import { monitorsScraped } from "../../../../src/verify/checks/targets/monitors.ts";
import { serviceObject, type World } from "../../healthy-world.ts";
import { checkIn, failureOf, faultOf, verdictIn } from "../../open-stack.ts";
import { monitor, operated, pool, scraped, server } from "../../operated.ts";
import { app } from "../../rendered-stack.ts";

const namespace = "monitoring";

describe("monitors-scraped", () => {
  it("passes when each has targets and all are up", async () => {
    expect(await checkIn("monitors-scraped", scraped, operated())).toMatchObject({
      status: "pass",
      seen: "1 monitor, all targets up: ServiceMonitor monitoring/my-app-monitor 1 target",
    });
  });

  it("has nothing to say of a stack without monitors, or without an operator", async () => {
    expect(await checkIn("monitors-scraped")).toMatchObject({ status: "skipped" });
    const foreign = (stack: Stack) => ({ ...stack, rendered: [app("monitors", [monitor])] });
    expect(await checkIn("monitors-scraped", scraped, foreign)).toMatchObject({
      status: "skipped",
      reason: expect.stringContaining("no operator runs"),
    });
  });

  it("leaves the operator's chart's own monitors to targets-up, but not those that the values name", async () => {
    const inChart = (values: Record<string, unknown>) => (stack: Stack) => {
      const chart = app("kps", [server(), monitor]);
      return { ...stack, rendered: [{ ...chart, app: { ...chart.app, values } }] };
    };
    expect(await checkIn("monitors-scraped", () => {}, inChart({}))).toMatchObject({ status: "skipped" });
    const values = { prometheus: { additionalServiceMonitors: [{ name: "my-app-monitor" }] } };
    expect(await checkIn("monitors-scraped", scraped, inChart(values))).toMatchObject({ status: "pass" });
  });

  it("tells one that Prometheus does not take in, at once", async () => {
    const picky = operated(server({ matchLabels: { release: "kps" } }));
    const verdict = await verdictIn(monitorsScraped, () => {}, picky);
    expect(verdict).toMatchObject({
      seen: "ServiceMonitor monitoring/my-app-monitor is not in Prometheus' configuration",
      cause: "Prometheus kps takes in only ServiceMonitors with release=kps; this one has no labels",
    });
    expect(faultOf(verdict)).toEqual({ id: "monitor-not-selected", graceMs: 0 });
  });

  it.each([
    ["Probe", "probe/shop/ping"],
    ["ScrapeConfig", "scrapeConfig/shop/ping"],
  ])("tells a %s that Prometheus does not take in, and passes one that it does", async (kind, job) => {
    const apiVersion = "monitoring.coreos.com/v1alpha1";
    const object = { apiVersion, kind, metadata: { name: "ping", namespace: "shop" }, spec: {} };
    const prefix = kind === "Probe" ? "probe" : "scrapeConfig";
    const spec = {
      [`${prefix}Selector`]: { matchLabels: { team: "a" } },
      [`${prefix}NamespaceSelector`]: {},
    };
    const stack = (one: Stack): Stack => ({
      ...one,
      rendered: [app("kps", [{ ...server(), spec }]), app("ping", [object])],
    });
    const verdict = await verdictIn(monitorsScraped, () => {}, stack);
    expect(verdict).toMatchObject({
      seen: `${kind} shop/ping is not in Prometheus' configuration`,
      cause: `Prometheus kps takes in only ${kind}s with team=a; this one has no labels`,
    });
    expect(faultOf(verdict)).toEqual({ id: "monitor-not-selected", graceMs: 0 });
    const inForce = ({ prometheus }: World) => {
      prometheus.config = `scrape_configs: [{ job_name: ${job} }]`;
    };
    expect(await verdictIn(monitorsScraped, inForce, stack)).toMatchObject({ status: "pass" });
  });

  it("tells what the operator says of one that it refuses", async () => {
    const verdict = await verdictIn(
      monitorsScraped,
      ({ kube }) => {
        kube.events.push({
          metadata: { name: "e", namespace },
          involvedObject: { kind: "ServiceMonitor", name: "my-app-monitor", namespace },
          type: "Warning",
          reason: "InvalidConfiguration",
          message: 'ServiceMonitor my-app-monitor was rejected due to invalid configuration: port "x"',
        });
      },
      operated(),
    );
    expect(verdict).toMatchObject({
      cause: expect.stringContaining("was rejected due to invalid configuration"),
    });
    expect(faultOf(verdict)?.id).toBe("monitor-refused");
  });

  it("gives a new configuration the time that it needs to arrive in the pod", async () => {
    const verdict = await verdictIn(monitorsScraped, () => {}, operated());
    expect(faultOf(verdict)).toEqual({ id: "monitor-not-in-force", graceMs: 120_000 });
  });

  it("says why there is no target", async () => {
    const change = ({ prometheus, kube }: World) => {
      prometheus.config = `scrape_configs:\n  - job_name: ${pool}\n`;
      const shop = serviceObject(namespace, "shop", "metrics", {});
      kube.services.push({ ...shop, metadata: { ...shop.metadata, labels: { app: "shop" } } });
    };
    const result = await checkIn("monitors-scraped", change, operated());
    expect(failureOf(result)).toMatchObject({
      seen: "ServiceMonitor monitoring/my-app-monitor has no target",
      cause:
        "no service in namespace monitoring has the labels app=my-app; service monitoring/shop has app=shop",
    });
  });

  it("fails when a target is down, with Prometheus' reason", async () => {
    const refused = { health: "down", lastError: "dial tcp 10.42.0.9:9091: connect: connection refused" };
    const verdict = await verdictIn(monitorsScraped, (world) => scraped(world, refused), operated());
    expect(verdict).toMatchObject({ status: "fail", seen: expect.stringContaining("connection refused") });
    expect(faultOf(verdict)?.id).toBe("target-refused");
  });

  it("does not take a scrape from before the deployment for one of it", async () => {
    const old = { lastScrape: "2020-01-01T00:00:00Z" };
    const verdict = await verdictIn(monitorsScraped, (world) => scraped(world, old), operated());
    expect(faultOf(verdict)?.id).toBe("target-not-scraped");
  });
});
