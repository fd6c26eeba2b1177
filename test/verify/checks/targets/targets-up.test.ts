import { describe, expect, it } from "vitest";
import { explainScrapeError } from "../../../../src/failures/scrape.ts";
import { targetsUp } from "../../../../src/verify/checks/targets/targets-up.ts";
import { serviceObject, slice, target } from "../../healthy-world.ts";
import { checkIn, failureOf, faultOf, verdictIn } from "../../open-stack.ts";

const endpoints = "kubernetes-service-endpoints";

function withTarget(job: string, changes: Record<string, unknown>) {
  return checkIn("targets-up", ({ prometheus }) => {
    Object.assign(prometheus.targets.find(({ scrapePool }) => scrapePool === job) ?? {}, changes);
  });
}

describe("explainScrapeError", () => {
  it.each([
    ["target-refused", "dial tcp 10.42.0.7:9: connect: connection refused"],
    ["target-dns", "dial tcp: lookup my-app.nowhere.svc on 10.43.0.10:53: no such host"],
    ["target-dns", "dial tcp: lookup my-app on 10.43.0.10:53: read udp: i/o timeout"],
    ["target-timeout", "context deadline exceeded"],
    ["target-timeout", "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"],
    ["target-timeout", "dial tcp 10.42.0.7:9100: connect: no route to host"],
    ["target-unauthorized", "server returned HTTP status 403 Forbidden"],
    ["target-not-found", "server returned HTTP status 404 Not Found"],
    ["target-error", "server returned HTTP status 503 Service Unavailable"],
    ["target-tls", "server returned HTTP status 400 Bad Request"],
    ["target-tls", "http: server gave HTTP response to HTTPS client"],
    ["target-tls", "tls: failed to verify certificate: x509: certificate signed by unknown authority"],
    ["target-not-metrics", 'received unsupported Content-Type "text/html" and no fallback_scrape_protocol'],
    [
      "target-not-metrics",
      'expected a valid start token, got "<" ("INVALID") while parsing: "<p>HTTP status 404"',
    ],
    ["target-limit", "body size limit exceeded"],
    ["target-down", "something new"],
  ])("calls it %s: %s", (id, error) => {
    const url = "http://10.42.0.7:9100/metrics";
    expect(explainScrapeError(`Get "${url}": ${error}`, url).id).toBe(id);
  });

  it("does not take a bad request by https for a missing TLS", () => {
    expect(explainScrapeError("server returned HTTP status 400 Bad Request", "https://a:1/").id).toBe(
      "target-error",
    );
  });
});

describe("targets-up's faults", () => {
  const brokenBy = (job: string, changes: Record<string, unknown>) =>
    verdictIn(targetsUp, ({ prometheus }) => {
      Object.assign(prometheus.targets.find(({ scrapePool }) => scrapePool === job) ?? {}, changes);
    });
  const refused = { health: "down", lastError: "dial tcp 10.42.0.5:8080: connect: connection refused" };

  it.each([
    ["2s", 10_000],
    ["1m", 180_000],
  ])("gives a target that is down three scrapes at an interval of %s", async (scrapeInterval, graceMs) => {
    const verdict = await brokenBy(endpoints, { ...refused, scrapeInterval });
    expect(faultOf(verdict)).toEqual({ id: "target-refused", graceMs });
  });

  it("waits for the rarest of those that were never scraped", async () => {
    const changes = { health: "unknown", lastScrape: "0001-01-01T00:00:00Z", scrapeInterval: "30s" };
    expect(faultOf(await brokenBy("prometheus", changes))).toEqual({
      id: "target-not-scraped",
      graceMs: 90_000,
    });
  });

  it("gives discovery time", async () => {
    const verdict = await verdictIn(targetsUp, ({ prometheus }) => prometheus.targets.splice(0, 1));
    expect(faultOf(verdict)).toEqual({ id: "targets-missing", graceMs: 15_000 });
  });

  it("tells of a target that is down before one that is missing, and names both", async () => {
    const verdict = await verdictIn(targetsUp, ({ prometheus }) => {
      Object.assign(prometheus.targets[3] ?? {}, refused);
      prometheus.targets.splice(1, 1);
    });
    expect(faultOf(verdict)?.id).toBe("target-refused");
    expect(verdict).toMatchObject({ seen: expect.stringContaining("kubernetes-nodes-cadvisor has 0 of 1") });
  });

  const withoutCadvisor = (startedAgo: number) =>
    verdictIn(targetsUp, ({ prometheus }) => {
      prometheus.config = "scrape_configs: [{job_name: old}]";
      prometheus.targets.splice(1, 1);
      prometheus.metrics = `process_start_time_seconds ${Date.now() / 1000 - startedAgo}`;
    });

  it("gives a Prometheus from before the deployment time to get its new configuration, a new one none", async () => {
    expect(faultOf(await withoutCadvisor(500))).toEqual({ id: "config-not-in-force", graceMs: 90_000 });
    expect(faultOf(await withoutCadvisor(5))).toEqual({ id: "config-not-in-force", graceMs: 10_000 });
  });

  it("hands over every target, whether all are up or not", async () => {
    const one = {
      job: "prometheus",
      url: "http://localhost:9090/metrics",
      health: "up",
      lastError: "",
      labels: { job: "prometheus", instance: "localhost:9090" },
    };
    for (const verdict of [await verdictIn(targetsUp), await brokenBy(endpoints, refused)]) {
      const found = "findings" in verdict ? verdict.findings?.targets : undefined;
      expect(found).toHaveLength(6);
      expect(found).toContainEqual(one);
    }
  });
});

describe("targets-up", () => {
  it("says which target is down and why", async () => {
    const lastError =
      'Get "http://10.42.0.5:8080/metrics": dial tcp 10.42.0.5:8080: connect: connection refused';
    const failure = failureOf(await withTarget(endpoints, { health: "down", lastError }));
    expect(failure).toMatchObject({
      expected: "all 6 targets up",
      seen: `5 up; target http://10.42.0.5:8080/metrics of job ${endpoints} (service prometheus-kube-state-metrics): dial tcp 10.42.0.5:8080: connect: connection refused`,
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
