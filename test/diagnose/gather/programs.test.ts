import { describe, expect, test } from "vitest";
import { gatherEvidence } from "../../../src/diagnose/gather/gather.ts";
import { serve } from "../../support/local-server.ts";
import { healthyWorld } from "../../verify/healthy-world.ts";
import { openStack } from "../../verify/open-stack.ts";
import { evidenceIn, nothing } from "./world.ts";

describe("the programs", () => {
  test("Prometheus: targets, configuration, flags and a clock that is right", async () => {
    const { evidence } = await evidenceIn(({ prometheus }) => {
      Object.assign(prometheus.targets[4] ?? {}, { health: "down", lastError: "connection refused" });
    });
    const { targets = [], config, flags, clock, runtime } = evidence.prometheus ?? {};
    expect(targets[0]).toMatchObject({
      job: "prometheus",
      url: "http://localhost:9090/metrics",
      health: "down",
      lastError: "connection refused",
      discovered: { __address__: "localhost:9090" },
    });
    expect(config).toContain("job_name: kubernetes-pods");
    expect(flags?.["storage.tsdb.retention.time"]).toBe("15d");
    expect(runtime?.["reloadConfigSuccess"]).toBe(true);
    expect(Math.abs((clock?.theirs ?? 0) - (clock?.ours ?? 9))).toBeLessThan(2);
  });

  test("Prometheus: its clock as it says it; of one that is starting, by its answer's date", async () => {
    const ahead = await evidenceIn(({ prometheus }) => {
      prometheus.aheadSeconds = 90;
    });
    const { theirs = 0, ours = 0 } = ahead.evidence.prometheus?.clock ?? {};
    expect(Math.round((theirs - ours) / 10)).toBe(9);
    await using starting = await serve(() => ({
      status: 503,
      contentType: "text/plain",
      body: "Service Unavailable",
    }));
    const { evidence } = await evidenceIn(undefined, (input) => ({
      ...input,
      prometheus: input.prometheus && { ...input.prometheus, url: starting.url },
    }));
    expect(evidence.prometheus?.config).toBeUndefined();
    const clock = evidence.prometheus?.clock;
    expect(Math.abs((clock?.theirs ?? 0) - (clock?.ours ?? 9))).toBeLessThan(3);
    expect(evidence.unread.map(({ what }) => what).sort()).toEqual([
      "Prometheus' config",
      "Prometheus' flags",
      "Prometheus' runtimeinfo",
      "Prometheus' targets",
    ]);
  });

  test("Alertmanager: its version and its configuration", async () => {
    const { evidence } = await evidenceIn();
    expect(evidence.alertmanager?.version).toBe("0.33.1");
    expect(evidence.alertmanager?.config).toContain("receiver: default-receiver");
  });

  test("Grafana: health, datasources without secrets, and what its proxy says", async () => {
    const { evidence } = await evidenceIn();
    const { health, loginRefused, datasources = [], proxy } = evidence.grafana ?? {};
    expect(health).toEqual({ status: 200, database: "ok" });
    expect(loginRefused).toBe(false);
    const standard = datasources.find(({ isDefault }) => isDefault);
    expect(Object.keys(standard ?? {}).sort()).toEqual(["isDefault", "name", "type", "uid", "url"]);
    expect(proxy?.status).toBe(200);
    expect(JSON.parse(proxy?.body ?? "")).toMatchObject({ status: "success" });
  });

  test("Grafana: a refused login is told as one, a proxy's 401 is not", async () => {
    const refused = await evidenceIn(({ grafana }) => {
      grafana.password = "another";
    });
    expect(refused.evidence.grafana).toMatchObject({ loginRefused: true, datasources: [], proxy: undefined });
    const world = healthyWorld();
    await using open = await openStack(world);
    const { answerAsGrafana } = await import("../../support/fake-grafana.ts");
    await using behind = await serve((request) =>
      request.path.startsWith("/api/datasources/proxy/")
        ? { status: 401, body: "no basic auth" }
        : answerAsGrafana(world.grafana, request),
    );
    const { grafana } = open.stack;
    const evidence = await gatherEvidence(open.stack.context, {
      ...nothing,
      grafana: grafana && { ...grafana, url: behind.url },
    });
    expect(evidence.grafana).toMatchObject({
      loginRefused: false,
      proxy: { status: 401, body: "no basic auth" },
    });
  });

  test("Grafana: a broken one has a status without a database", async () => {
    const { evidence } = await evidenceIn(({ grafana }) => {
      grafana.health = { status: 502, contentType: "text/html", body: "<html>bad gateway</html>" };
    });
    expect(evidence.grafana?.health).toEqual({ status: 502, database: undefined });
  });
});
