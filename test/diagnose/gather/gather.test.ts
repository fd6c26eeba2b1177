import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gatherEvidence } from "../../../src/diagnose/gather/gather.ts";
import { kubeConfigFor } from "../../support/fake-kube-api.ts";
import { serve } from "../../support/local-server.ts";
import { healthyWorld } from "../../verify/healthy-world.ts";
import { openStack } from "../../verify/open-stack.ts";
import { renderedStack } from "../../verify/rendered-stack.ts";
import { evidenceIn, inputOf, nothing } from "./world.ts";

describe("the host and what was requested", () => {
  test("the end of k3s' log, and the disk", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "gather-"));
    try {
      const lines = Array.from({ length: 30_000 }, (_, at) => `line ${at}`);
      await writeFile(join(stateDir, "k3s.log"), `${lines.join("\n")}\n`);
      const { evidence } = await evidenceIn(undefined, (input) => ({ ...input, stateDir }));
      expect(evidence.host.k3sLog?.split("\n")).toEqual(lines.slice(10_000));
      expect(evidence.host.disk?.sizeBytes).toBeGreaterThan(evidence.host.disk?.freeBytes ?? 0);
      expect(evidence.unread).toEqual([]);
    } finally {
      await rm(stateDir, { recursive: true });
    }
  });

  test("a state folder that is not there yet is on a disk too, and there is no log in it", async () => {
    const { evidence } = await evidenceIn(undefined, (input) => ({ ...input, stateDir: "/nowhere/at/all" }));
    expect(evidence.host.k3sLog).toBeUndefined();
    expect(evidence.host.disk?.sizeBytes).toBeGreaterThan(0);
    expect(evidence.unread).toEqual([]);
  });

  test("what the charts request", async () => {
    const unknown = { app: "grafana", path: ["replicsa"], meant: "replicas" };
    const { evidence } = await evidenceIn(undefined, (input) => ({
      ...input,
      rendered: renderedStack().map((one) =>
        one.app.name === "grafana" ? { ...one, unknownValues: [unknown] } : one,
      ),
    }));
    expect(evidence.requested).toEqual({
      datasources: [
        {
          name: "Prometheus",
          url: "http://prometheus-server.monitoring.svc.cluster.local",
          uid: "prometheus",
          isDefault: true,
        },
      ],
      prometheusService: {
        ...{ namespace: "monitoring", name: "prometheus-server", port: 80 },
        ...{ scheme: "http", path: "" },
      },
      retention: { time: "15d" },
      unknownValues: [unknown],
    });
  });
});

describe("bounds", () => {
  test("of a run that came to nothing, that is what is told", async () => {
    await using open = await openStack(healthyWorld());
    const evidence = await gatherEvidence(open.stack.context, nothing);
    expect(evidence).toMatchObject({ cluster: undefined, prometheus: undefined, checks: [], findings: {} });
    expect(evidence.unread).toEqual([
      { what: "the API server", why: "the run ended before it could be reached" },
    ]);
  });

  test("what is in the charts and could not be requested is told", async () => {
    const { evidence } = await evidenceIn(undefined, (input) => ({
      ...input,
      prometheus: undefined,
      grafana: undefined,
    }));
    expect(evidence.unread.map(({ what }) => what)).toEqual(["Prometheus", "Grafana"]);
  });

  test("servers that hang cost at most ten seconds, and what answered is kept", {
    timeout: 20_000,
  }, async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    await using hanging = await serve(() => new Promise(() => {}));
    const { answerAsKubeApi } = await import("../../support/fake-kube-api.ts");
    // Its pods are slow to come, then the kubelet does not answer: the longest way there is.
    await using kube = await serve(async (request) => {
      if (request.path.includes("/log") || request.method === "POST") return new Promise(() => {});
      if (/\/(pods|services)\?/.test(request.path))
        await new Promise((resolve) => setTimeout(resolve, 2_000));
      return answerAsKubeApi(world.kube, request);
    });
    const input = inputOf(open.stack);
    const began = Date.now();
    const evidence = await gatherEvidence(open.stack.context, {
      ...input,
      kube: kubeConfigFor(kube.url),
      prometheus: input.prometheus && { ...input.prometheus, url: hanging.url },
      grafana: input.grafana && { ...input.grafana, url: hanging.url },
    });
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(evidence.cluster?.pods).toHaveLength(5);
    expect(evidence.cluster?.logs).toEqual([]);
    expect(evidence.prometheus).toBeUndefined();
    expect(evidence.alertmanager?.version).toBe("0.33.1");
    expect(evidence.unread).toContainEqual({ what: "Prometheus", why: "no response within 4 s" });
    expect(evidence.unread).toContainEqual({ what: "Grafana", why: "no response within 4 s" });
    expect(evidence.unread.filter(({ what }) => what.startsWith("log of "))).toHaveLength(4);
  });

  test("an interrupted run is not looked at any longer, and nothing is thrown", async () => {
    const stop = new AbortController();
    stop.abort();
    await using open = await openStack(healthyWorld(), stop.signal);
    const evidence = await gatherEvidence(open.stack.context, inputOf(open.stack));
    expect(evidence.cluster).toBeUndefined();
    expect(evidence.unread).toContainEqual({ what: "the API server", why: "no time was left" });
  });
});
