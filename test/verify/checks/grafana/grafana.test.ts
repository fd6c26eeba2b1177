import { describe, expect, it } from "vitest";
import type { FakeGrafana } from "../../../support/fake-grafana.ts";
import { healthyWorld } from "../../healthy-world.ts";
import { checkIn, failureOf, oneResult, openStack } from "../../open-stack.ts";

const versions = ["9.4", "12.4"] as const;

/** A check against Grafana of a version, with something changed. */
function inGrafana(
  id: string,
  version: FakeGrafana["version"],
  change: (grafana: FakeGrafana) => void = () => {},
) {
  return checkIn(id, ({ grafana }) => {
    grafana.version = version;
    change(grafana);
  });
}

describe.each(versions)("Grafana %s", (version) => {
  it.each(["grafana-healthy", "grafana-datasource", "grafana-query"])("passes %s", async (id) => {
    expect(await inGrafana(id, version)).toMatchObject({ status: "pass" });
  });

  it.each(["grafana-healthy", "grafana-datasource", "grafana-query"])(
    "%s fails at once on a wrong password, and asks no second time",
    async (id) => {
      const world = healthyWorld();
      Object.assign(world.grafana, { version, password: "of an earlier deployment" });
      await using open = await openStack(world);
      const result = await oneResult(open.stack, id, 50);
      expect(failureOf(result)).toMatchObject({
        seen: expect.stringMatching(/HTTP 401 .*invalid username or password/i),
      });
      expect(open.servers.grafana.received.filter(({ authorization }) => authorization)).toHaveLength(1);
      expect(JSON.stringify(result)).not.toContain("right");
    },
  );

  it("fails grafana-query when there is no series", async () => {
    const result = await inGrafana("grafana-query", version, (grafana) => {
      grafana.dsQuery = "ds/query, no series";
    });
    expect(failureOf(result)).toMatchObject({
      seen: expect.stringContaining("no values through datasource Prometheus"),
      cause: "Prometheus answers, but has scraped nothing yet",
    });
  });

  it("fails grafana-query when the datasource's target is dead, with the reason where there is one", async () => {
    const result = await inGrafana("grafana-query", version, (grafana) => {
      grafana.dsQuery = "ds/query, target dead";
      grafana.proxy = "proxy, target dead";
    });
    const words = {
      "9.4": "HTTP 500: An error occurred within the plugin",
      "12.4": "connect: connection refused",
    };
    expect(failureOf(result)).toMatchObject({
      seen: expect.stringContaining(words[version]),
      cause: expect.stringContaining("can't reach http://prometheus-server.monitoring"),
    });
    expect(result).toMatchObject({ fault: "datasource-unreachable" });
  });

  it("blames Grafana's own query when that fails and its proxy gets an answer", async () => {
    const result = await inGrafana("grafana-query", version, (grafana) => {
      grafana.dsQuery = "ds/query, target dead";
    });
    expect(failureOf(result)?.cause).toContain("it is Grafana's own query that fails");
  });

  it("fails grafana-query on an error of Prometheus, which 9.4 shows only through its proxy", async () => {
    const result = await inGrafana("grafana-query", version, (grafana) => {
      grafana.dsQuery = "ds/query, bad expression";
      grafana.proxy = "proxy, bad expression";
    });
    expect(failureOf(result)?.cause).toContain("parse error");
  });

  it.each([
    [404, "datasource-wrong-url", "is not Prometheus"],
    [403, "datasource-unauthorized", "answers HTTP 403"],
    [503, "datasource-error", "answers HTTP 503"],
  ])("tells by its fault what stands behind the datasource: HTTP %i", async (status, fault, cause) => {
    const result = await inGrafana("grafana-query", version, (grafana) => {
      grafana.dsQuery = "ds/query, target dead";
      grafana.proxy = { status, body: "404 page not found", contentType: "text/plain" };
    });
    expect(result).toMatchObject({ status: "fail", fault, cause: expect.stringContaining(cause) });
  });

  it("fails grafana-query on an unknown datasource", async () => {
    const result = await inGrafana("grafana-query", version, (grafana) => {
      grafana.dsQuery = "ds/query, unknown datasource";
    });
    expect(failureOf(result)?.seen).toContain("Data source not found");
  });

  it("fails grafana-query when the newest sample is from before the deployment", async () => {
    const result = await inGrafana("grafana-query", version, (grafana) => {
      grafana.scrapedAt = Date.now() - 600_000;
    });
    expect(failureOf(result)?.cause).toContain("nothing was scraped since the deployment began");
  });
});

describe("grafana-healthy", () => {
  it("fails when the database is not ok", async () => {
    const result = await checkIn("grafana-healthy", ({ grafana }) => {
      grafana.health = { status: 503, body: { database: "failing", version: "12.4.3" } };
    });
    expect(failureOf(result)?.seen).toBe("HTTP 503, database failing");
    expect(result).toMatchObject({ fault: "grafana-database" });
  });

  it("is skipped when Grafana isn't deployed", async () => {
    const result = await checkIn("grafana-healthy", undefined, (stack) => ({ ...stack, grafana: undefined }));
    expect(result).toMatchObject({ status: "skipped", reason: "Grafana is not part of this stack" });
  });
});

describe("grafana-datasource", () => {
  const withDatasource = (change: FakeGrafana["datasource"]) =>
    checkIn("grafana-datasource", ({ grafana }) => {
      const healthy = grafana.datasource;
      grafana.datasource = (one) => {
        const before = healthy(one);
        return before && change(before);
      };
    });

  it("fails when the URL leads elsewhere", async () => {
    const result = await withDatasource((one) =>
      one["isDefault"] ? { ...one, url: "http://prometheus.other.svc.cluster.local" } : one,
    );
    expect(failureOf(result)?.seen).toContain("url http://prometheus.other.svc.cluster.local");
    expect(result).toMatchObject({ fault: "datasource-wrong-url" });
  });

  it("fails on another uid", async () => {
    const result = await withDatasource((one) =>
      one["isDefault"] ? { ...one, uid: "PBFA97CFB590B2093" } : one,
    );
    expect(failureOf(result)?.cause).toContain("another uid");
    expect(result).toMatchObject({ fault: "datasource-wrong-uid" });
  });

  it("fails when the default one is no Prometheus", async () => {
    const result = await withDatasource((one) => (one["isDefault"] ? { ...one, type: "loki" } : one));
    expect(failureOf(result)?.cause).toBe("another datasource is the default one");
  });

  it("fails when there is no default one", async () => {
    const result = await withDatasource((one) => ({ ...one, isDefault: false }));
    expect(failureOf(result)?.seen).toMatch(/^0 default ones of Broken .*, Prometheus /);
    expect(result).toMatchObject({ fault: "datasource-missing" });
  });

  it("fails when two are default", async () => {
    const result = await withDatasource((one) => ({ ...one, isDefault: true }));
    expect(failureOf(result)?.seen).toMatch(/^2 default ones/);
    expect(result).toMatchObject({ fault: "datasource-two-defaults" });
  });

  it("fails without provisioning when the URL is another service's", async () => {
    const result = await checkIn(
      "grafana-datasource",
      ({ grafana }) => {
        grafana.datasource = (one) => (one["isDefault"] ? { ...one, url: "http://thanos.monitoring" } : one);
      },
      (stack) => ({ ...stack, rendered: [] }),
    );
    expect(failureOf(result)?.cause).toBe("its URL is not the service monitoring/prometheus-server");
  });

  it("fails without a grace period when what the charts provision leads elsewhere", async () => {
    const world = healthyWorld();
    const healthy = world.grafana.datasource;
    const url = "http://prometheus.monitoring.svc.cluster.local";
    world.grafana.datasource = (one) => ({ ...healthy(one), ...(one["isDefault"] ? { url } : {}) });
    await using open = await openStack(world);
    const written = JSON.parse(
      JSON.stringify(open.stack.rendered).replaceAll("prometheus-server.monitoring", "prometheus.monitoring"),
    );
    const result = await oneResult({ ...open.stack, rendered: written }, "grafana-datasource", 50);
    expect(result).toMatchObject({ status: "fail", fault: "datasource-wrong-url", attempts: 2 });
  });

  it("takes a bare name for one in Grafana's own namespace", async () => {
    const bare = (namespace: string) =>
      checkIn(
        "grafana-datasource",
        ({ grafana }) => {
          grafana.datasource = (one) =>
            one["isDefault"] ? { ...one, url: "http://prometheus-server" } : one;
        },
        (stack) => {
          if (!stack.grafana) return stack;
          const service = { ...stack.grafana.service, namespace };
          return { ...stack, rendered: [], grafana: { ...stack.grafana, service } };
        },
      );
    expect(await bare("monitoring")).toMatchObject({ status: "pass" });
    expect(await bare("dashboards")).toMatchObject({ status: "fail", fault: "datasource-wrong-url" });
  });
});
