import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import { joinFirst, reportWaits } from "../../src/host/waits.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

/** A clock of its own: what sleeps wakes when the test says that the time has come. */
async function clocked() {
  const log = createRecordingLogger();
  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  let now = 1_000_000;
  const stop = new AbortController();
  const real = await createHost();
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((wake, fail) => {
      signal?.addEventListener("abort", () => fail(new Error("over")));
      sleepers.push({ until: now + ms, wake });
    });
  const context: Context = { host: { ...real, now: () => now, sleep }, log, signal: stop.signal };
  const pass = async (ms: number) => {
    const end = now + ms;
    for (;;) {
      const next = sleepers.filter(({ until }) => until <= end).sort((a, b) => a.until - b.until)[0];
      if (next === undefined) break;
      now = next.until;
      sleepers.splice(sleepers.indexOf(next), 1);
      next.wake();
      await delay(1);
    }
    now = end;
  };
  return { context, pass, stop, lines: () => log.lines.map(({ message }) => message) };
}

describe("whatever takes longer than 5 s reports what it is waiting for", () => {
  test("after 5 s, then less and less often, each time with what is missing by then", async () => {
    const { context, pass, lines } = await clocked();
    const { promise, resolve } = Promise.withResolvers<string>();
    let missing = "helm";
    const done = reportWaits(
      context,
      () => missing,
      () => promise,
    );
    await pass(4_999);
    expect(lines()).toEqual([]);
    await pass(2);
    missing = "Deployment monitoring/grafana: pulling image grafana:13";
    await pass(190_000);
    expect(lines()).toEqual([
      "waiting for helm (5 s)",
      ...["15 s", "35 s", "75 s", "135 s", "195 s"].map((after) => `waiting for ${missing} (${after})`),
    ]);
    resolve("done");
    expect(await done).toBe("done");
    await pass(300_000);
    expect(lines()).toHaveLength(6);
  });

  test("not when nothing is missing, and not after it has failed or was interrupted", async () => {
    const { context, pass, lines, stop } = await clocked();
    const failing = reportWaits(
      context,
      () => undefined,
      () => pass(6_000).then(() => Promise.reject(new Error("no"))),
    );
    await expect(failing).rejects.toThrow("no");
    const { promise, resolve } = Promise.withResolvers<void>();
    const interrupted = reportWaits(
      context,
      () => "k3s",
      () => promise,
    );
    stop.abort();
    await pass(60_000);
    resolve();
    await interrupted;
    expect(lines()).toEqual([]);
  });

  test("of many things the first few", () => {
    expect(joinFirst(["a", "b", "c", "d", "e"])).toBe("a; b; c; 2 more");
    expect(joinFirst(["a", "b", "c"])).toBe("a; b; c");
  });
});
