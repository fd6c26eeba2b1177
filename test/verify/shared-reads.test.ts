import { expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import { createPrometheusClient } from "../../src/stack/prometheus.ts";
import { serve } from "../support/local-server.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const service = { namespace: "monitoring", name: "prometheus-server", port: 80 };

/** A server whose responses wait until they are released, one after the other. */
async function startSlowPrometheus() {
  const waiting: (() => void)[] = [];
  const server = await serve(async () => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return { body: { status: "success", data: { activeTargets: [] } } };
  });
  return {
    server,
    release: async () => {
      await expect.poll(() => waiting.length).toBeGreaterThan(0);
      waiting.shift()?.();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function contextWith(changes: Partial<Context> = {}, now = () => Date.now()): Promise<Context> {
  const host = { ...(await createHost()), now };
  return { host, log: createRecordingLogger(), signal: new AbortController().signal, ...changes };
}

it("checks that read the targets at the same time share one request", async () => {
  await using slow = await startSlowPrometheus();
  const context = await contextWith();
  const clients = [1, 2, 3].map(() => createPrometheusClient(context, { url: slow.server.url, service }));
  const all = Promise.all(clients.map((client) => client.targets()));
  await slow.release();
  expect(await all).toEqual([[], [], []]);
  expect(slow.server.received).toHaveLength(1);
});

it("a read that began long ago is not shared: what has changed since is not in it", async () => {
  await using slow = await startSlowPrometheus();
  let now = 0;
  const context = await contextWith({}, () => now);
  const client = createPrometheusClient(context, { url: slow.server.url, service });
  const first = client.targets();
  now = 500;
  const second = client.targets();
  await slow.release();
  await slow.release();
  expect(await Promise.all([first, second])).toEqual([[], []]);
  expect(slow.server.received).toHaveLength(2);
});

it("a check goes on with a request of its own when the one that it shared is ended", async () => {
  await using slow = await startSlowPrometheus();
  const context = await contextWith();
  const ended = new AbortController();
  const endpoint = { url: slow.server.url, service };
  const first = createPrometheusClient({ ...context, signal: ended.signal }, endpoint).targets();
  const second = createPrometheusClient(context, endpoint).targets();
  await expect.poll(() => slow.server.received.length).toBe(1);
  ended.abort();
  await expect(first).rejects.toThrow(/abort/);
  await slow.release(); // the first one, which nobody waits for
  await slow.release();
  expect(await second).toEqual([]);
  expect(slow.server.received).toHaveLength(2);
});
