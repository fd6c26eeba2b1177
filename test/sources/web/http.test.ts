import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Interrupted } from "../../../src/lib/errors.ts";
import { installTool } from "../../../src/sources/tools/install.ts";
import { HttpStatusError } from "../../../src/sources/web/http-errors.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import { k3sUrl, program, publishK3s } from "../tool-releases.ts";
import { dead, slow, stalled, status, truncated } from "../upstream.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const k3s = "v1.36.3+k3s1";

function installK3s() {
  return installTool(machine.context, machine.config, "k3s", quick);
}

function logged() {
  return machine.log.lines.map(({ message }) => message).join("\n");
}

describe("a failure that may pass is tried again:", () => {
  test.each([
    ["503 twice", [status(503), status(503)], 3],
    ["429 with Retry-After", [status(429, { "retry-after": "0" })], 2],
    ["408", [status(408)], 2],
    ["500, 502, 504", [status(500), status(502), status(504)], 4],
    ["a cut connection", [dead, dead], 3],
    ["a truncated body", [truncated(program.k3s(k3s))], 2],
    ["a body that stands still", [stalled(program.k3s(k3s))], 2],
  ] as const)("%s", async (_name, answers, asked) => {
    publishK3s(machine.upstream, k3s);
    machine.upstream.serve(k3sUrl(k3s), ...answers, program.k3s(k3s));
    expect((await installK3s()).version).toBe(k3s);
    expect(machine.upstream.requests.filter((line) => line.endsWith("/k3s"))).toHaveLength(asked);
    expect(logged()).toContain("trying again");
  });
});

test("waits as long as Retry-After says", async () => {
  publishK3s(machine.upstream, k3s);
  machine.upstream.serve(k3sUrl(k3s), status(429, { "retry-after": "1" }), program.k3s(k3s));
  const startedAt = Date.now();
  await installK3s();
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_000);
});

test("a Retry-After beyond the bound ends it at once, saying so", async () => {
  publishK3s(machine.upstream, k3s);
  machine.upstream.serve(k3sUrl(k3s), status(429, { "retry-after": "3600" }));
  await expect(installK3s()).rejects.toThrow(/429 \(tried 1 time, and asks to wait 3600.0 s\)/);
});

test("a slow host is borne with as long as bytes come", async () => {
  publishK3s(machine.upstream, k3s);
  machine.upstream.serve(k3sUrl(k3s), slow(Buffer.from(program.k3s(k3s)), 6, 100));
  expect((await installK3s()).version).toBe(k3s);
  expect(logged()).not.toContain("trying again");
});

test("tries are bounded, and the error names URL, mirror and status", async () => {
  publishK3s(machine.upstream, k3s);
  machine.upstream.serve(k3sUrl(k3s), status(503));
  const error = await installK3s().catch((thrown: Error) => thrown.message);
  expect(error).toContain(`${k3sUrl(k3s)} (through ${machine.upstream.origin}/github.com/`);
  expect(error).toContain("the host answers 503 (tried 4 times)");
});

test("a dead host is told as such", async () => {
  const { upstream, context, config } = machine;
  await upstream[Symbol.asyncDispose]();
  await expect(installTool(context, config, "helm", quick)).rejects.toThrow(/ECONNREFUSED.*tried 4 times/);
});

test("403 is tried again, and then told as what it is", async () => {
  publishK3s(machine.upstream, k3s);
  machine.upstream.serve(k3sUrl(k3s), status(403));
  const error = await installK3s().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HttpStatusError);
  expect(error).toMatchObject({ status: 403, fix: expect.stringContaining("check the proxy settings") });
  expect((error as Error).message).toContain("the host answers 403 (tried 4 times)");
});

test.each([500, 501, 504, 522, 530])("%i is tried again", async (code) => {
  publishK3s(machine.upstream, k3s);
  machine.upstream.serve(k3sUrl(k3s), status(code));
  await expect(installK3s()).rejects.toThrow(`the host answers ${code} (tried 4 times)`);
});

test.each([401, 410])("%i is final", async (code) => {
  publishK3s(machine.upstream, k3s);
  machine.upstream.serve(k3sUrl(k3s), status(code));
  await expect(installK3s()).rejects.toThrow(`the host answers ${code}`);
  expect(machine.upstream.requests.filter((line) => line.endsWith("/k3s"))).toHaveLength(1);
});

test("an interruption ends a download as such", async () => {
  publishK3s(machine.upstream, k3s);
  machine.upstream.serve(k3sUrl(k3s), stalled("x".repeat(100)));
  const context = { ...machine.context, signal: AbortSignal.timeout(100) };
  const retryPolicy = { ...quick.retryPolicy, stallMs: 15_000 };
  await expect(installTool(context, machine.config, "k3s", { retryPolicy })).rejects.toThrow(Interrupted);
});
