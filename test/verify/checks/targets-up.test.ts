import { describe, expect, it } from "vitest";
import { serviceObject, slice, target } from "../healthy-world.ts";
import { checkIn, failureOf } from "../open-stack.ts";

const endpoints = "kubernetes-service-endpoints";

function withTarget(job: string, changes: Record<string, unknown>) {
  return checkIn("targets-up", ({ prometheus }) => {
    Object.assign(prometheus.targets.find(({ scrapePool }) => scrapePool === job) ?? {}, changes);
  });
}

describe("targets-up", () => {
  it("says which target is down and why", async () => {
    const lastError =
      'Get "http://10.42.0.5:8080/metrics": dial tcp 10.42.0.5:8080: connect: connection refused';
    const failure = failureOf(await withTarget(endpoints, { health: "down", lastError }));
    expect(failure).toMatchObject({
      expected: "all 5 targets up",
      seen: `4 up; target http://10.42.0.5:8080/metrics of job ${endpoints} (service prometheus-kube-state-metrics): dial tcp 10.42.0.5:8080: connect: connection refused`,
      cause: expect.stringContaining("nothing listens on that port"),
    });
  });

  it("fails on a target that has not been scraped yet", async () => {
    const changes = { health: "unknown", lastScrape: "0001-01-01T00:00:00Z" };
    expect(failureOf(await withTarget("prometheus", changes))?.seen).toContain("not scraped yet");
  });

  it("fails on a target last scraped before the deployment", async () => {
    const changes = { lastScrape: new Date(Date.now() - 600_000).toISOString() };
    expect(failureOf(await withTarget("prometheus", changes))?.seen).toContain("before the deployment");
  });

  it("fails when a job that should have targets has none", async () => {
    const result = await checkIn("targets-up", ({ prometheus }) => {
      prometheus.targets = prometheus.targets.filter(
        ({ scrapePool }) => scrapePool !== "kubernetes-nodes-cadvisor",
      );
    });
    expect(failureOf(result)).toMatchObject({
      seen: "job kubernetes-nodes-cadvisor has 0 of 1 target for node lab-1",
      cause: expect.stringContaining("nothing for kubernetes-nodes-cadvisor"),
    });
  });

  it("fails when one of a service's two pods isn't a target", async () => {
    const result = await checkIn("targets-up", ({ kube }) => {
      kube.services.push(serviceObject("shop", "web", "http", { "prometheus.io/scrape": "true" }));
      kube.endpointSlices.push(slice("shop", "web", "10.42.0.20", "10.42.0.21"));
    });
    expect(failureOf(result)?.seen).toBe(`job ${endpoints} has 0 of 2 targets for service shop/web`);
  });

  it("counts what is scraped through two ports of a service at one address once", async () => {
    const result = await checkIn("targets-up", ({ kube, prometheus }) => {
      kube.services.push(serviceObject("shop", "web", "http", { "prometheus.io/scrape": "true" }));
      kube.endpointSlices.push(slice("shop", "web", "10.42.0.20", "10.42.0.21"));
      const one = target(endpoints, "http://10.42.0.20:80/metrics", {
        namespace: "shop",
        service_name: "web",
      });
      prometheus.targets.push(one, one);
    });
    expect(failureOf(result)?.seen).toContain("has 1 of 2 targets for service shop/web");
  });

  it("fails when an own service has no endpoint at all", async () => {
    const result = await checkIn("targets-up", ({ kube, prometheus }) => {
      const name = "prometheus-kube-state-metrics";
      kube.endpointSlices = kube.endpointSlices.filter(({ metadata }) => metadata.name !== `${name}-abc`);
      prometheus.targets = prometheus.targets.filter(
        ({ scrapeUrl }) => scrapeUrl !== "http://10.42.0.5:8080/metrics",
      );
    });
    expect(failureOf(result)?.seen).toBe(
      `job ${endpoints} has 0 of 1 target for service monitoring/prometheus-kube-state-metrics`,
    );
  });

  it("takes the running configuration when the charts render none", async () => {
    const result = await checkIn(
      "targets-up",
      ({ prometheus }) => {
        prometheus.config = "scrape_configs: [{job_name: only, static_configs: [{targets: ['a:1', 'b:2']}]}]";
      },
      (stack) => ({ ...stack, rendered: [] }),
    );
    expect(failureOf(result)?.seen).toBe("job only has 0 of 2 targets for static targets a:1, b:2");
  });
});
