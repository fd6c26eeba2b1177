import { describe, expect, it } from "vitest";
import type { Stack } from "../../src/stack/stack.ts";
import { allChecks } from "../../src/verify/catalogue.ts";
import { closedUrl, serve } from "../support/local-server.ts";
import { healthyWorld, type World } from "./healthy-world.ts";
import { runsLocked, withLock } from "./locked.ts";
import { checkIn, oneResult, stackAt } from "./open-stack.ts";
import { operated, scraped } from "./operated.ts";
import { app, service } from "./rendered-stack.ts";

describe("the catalogue", () => {
  it("has each id once, in kebab case, with all its texts", () => {
    const ids = allChecks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, title, meaning, fix } of allChecks) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect([title, meaning, fix].every((text) => text.length > 15)).toBe(true);
    }
  });
});

/** Those that need more than the usual stack. */
const parts: Record<string, { world: (world: World) => void; stack: (stack: Stack) => Stack }> = {
  "images-locked": { world: runsLocked, stack: withLock },
  "monitors-scraped": { world: scraped, stack: operated() },
  "load-balancers-served": {
    world: ({ kube }) => {
      const status = { loadBalancer: { ingress: [{ ip: "198.51.100.10" }] } };
      kube.services.push({
        metadata: { name: "shop", namespace: "monitoring" },
        spec: { ports: [] },
        status,
      });
    },
    stack: (stack) => ({
      ...stack,
      rendered: [...stack.rendered, app("shop", [service("shop", {}, 80, { type: "LoadBalancer" })])],
    }),
  },
};

/** Told from the charts and the values alone: nobody is asked. */
const unasking = ["values-known"];

describe.each(allChecks.map(({ id }) => id))("%s", (id) => {
  const part = parts[id] ?? { world: () => {}, stack: (stack: Stack) => stack };

  it("passes on a stack that works", async () => {
    expect(await checkIn(id, part.world, part.stack)).toMatchObject({
      id,
      status: "pass",
      attempts: 1,
      seen: expect.stringMatching(/./),
    });
  });

  if (unasking.includes(id)) return;

  it("is an error when nobody answers, never a pass", async () => {
    const url = await closedUrl();
    const stack = await stackAt(
      { prometheus: url, alertmanager: url, grafana: url, kube: url },
      healthyWorld(),
    );
    const result = await oneResult(part.stack(stack), id);
    expect(result).toMatchObject({ status: "error", error: expect.stringContaining("ECONNREFUSED") });
    expect(JSON.stringify(result).match(/ECONNREFUSED/g)).toHaveLength(1);
  });

  it("is an error when a login page answers, never a pass", async () => {
    const html = "<!doctype html><html><body>Please log in</body></html>";
    await using page = await serve(() => ({ body: html, contentType: "text/html" }));
    const { url } = page;
    const stack = await stackAt(
      { prometheus: url, alertmanager: url, grafana: url, kube: url },
      healthyWorld(),
    );
    const result = await oneResult(part.stack(stack), id);
    expect(result).toMatchObject({
      status: "error",
      error: expect.stringMatching(/Please log in|not from an API server/),
    });
  });

  it("is an error when a broken server answers in JSON, never a pass", async () => {
    await using broken = await serve(() => ({ status: 500, body: { message: "boom" } }));
    const { url } = broken;
    const stack = await stackAt(
      { prometheus: url, alertmanager: url, grafana: url, kube: url },
      healthyWorld(),
    );
    expect(await oneResult(part.stack(stack), id)).toMatchObject({
      status: "error",
      error: expect.stringMatching(/500.*boom/),
    });
  });

  it("does not pass on empty answers", async () => {
    const result = await checkIn(id, emptied, part.stack);
    expect(["fail", "error", "warn"]).toContain(result.status);
  });
});

/** Everything answers in good form, with nothing in it. */
function emptied(world: World): void {
  const { prometheus, alertmanager, grafana, kube } = world;
  prometheus.ready = { body: "", contentType: "text/plain" };
  prometheus.flags = {};
  prometheus.config = prometheus.config.replace("scrape_interval: 15s", "{}");
  prometheus.targets = [];
  prometheus.alertmanagers = [];
  prometheus.metrics = "";
  prometheus.rules = [];
  prometheus.alerts = [];
  prometheus.tsdb = { series: 0, metrics: {} };
  for (const expression of Object.keys(prometheus.queries)) prometheus.queries[expression] = [];
  alertmanager.status = {};
  grafana.health = { body: {} };
  grafana.datasource = () => undefined;
  grafana.dsQuery = "ds/query, no series";
  grafana.dashboards = [];
  grafana.settings = {};
  grafana.plugins = [];
  grafana.alerting = {
    "contact-points": [],
    policies: {},
    templates: [],
    "mute-timings": [],
    "alert-rules": [],
  };
  for (const list of Object.values(kube)) list.length = 0;
}
