import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { download, downloadVerified } from "../../../src/sources/web/download.ts";
import { createWeb } from "../../../src/sources/web/web.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import { type Answer, sha256, slow, stalled } from "../upstream.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const url = "https://get.helm.sh/big.tar.gz";
const bytes = randomBytes(8 * 1024 ** 2);
const etag = '"one"';

/** Ranges that were asked for, in order; undefined for the whole. */
let ranges: (string | undefined)[];
beforeEach(() => {
  ranges = [];
});

/** A server that knows ranges and hangs up after so many bytes of each answer. */
function breaking(after: number, headers: Record<string, string>, content = bytes): Answer {
  return (request, response) => {
    const { range } = request.headers;
    ranges.push(range && `${range} if ${request.headers["if-range"]}`);
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const isSame =
      range === undefined || request.headers["if-range"] === (headers.etag ?? headers["last-modified"]);
    const start = isSame ? from : 0;
    const rest = content.subarray(start);
    const partial = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": String(rest.length),
      ...headers,
      ...(start > 0 ? partial : {}),
    });
    if (rest.length <= after) response.end(rest);
    else response.write(rest.subarray(0, after), () => response.socket?.end());
  };
}

function fetchBig(retryPolicy: Partial<typeof quick.retryPolicy & { tries: number; totalMs: number }> = {}) {
  // A busy machine stands still for longer than the quick retry policy allows.
  const calm = { ...quick.retryPolicy, stallMs: 5_000 };
  const web = createWeb(machine.context, machine.config, { retryPolicy: { ...calm, ...retryPolicy } });
  const path = join(machine.home, "big");
  return downloadVerified(web, url, path, { sha256: sha256(bytes), from: "the test" });
}

test("a download that breaks off is gone on with, and tries that bring much don't count", async () => {
  machine.upstream.serve(url, breaking(2_500_000, { etag }));
  expect((await fetchBig({ tries: 2 })).bytes).toBe(bytes.length);
  expect(await readFile(join(machine.home, "big"))).toEqual(bytes);
  expect(ranges.length).toBeGreaterThanOrEqual(4);
  expect(ranges[0]).toBeUndefined();
  expect(ranges.slice(1)).toEqual(
    Array(ranges.length - 1).fill(expect.stringMatching(/^bytes=\d+- if "one"$/)),
  );
  expect(machine.log.lines[0]?.message).toMatch(/trying again in .* s, resuming from byte \d{7} \(2 of 2\)/);
});

test("the same with a Last-Modified", async () => {
  const modified = "Mon, 01 Jan 2024 00:00:00 GMT";
  machine.upstream.serve(url, breaking(6_000_000, { "last-modified": modified }));
  await fetchBig();
  expect(ranges).toEqual([undefined, expect.stringContaining(` if ${modified}`)]);
});

describe("it begins from the start", () => {
  test.each([
    ["when the host's file has no mark", {}],
    ["when the mark is a weak one", { etag: 'W/"one"' }],
  ])("%s", async (_name, headers) => {
    machine.upstream.serve(url, breaking(6_000_000, headers), breaking(Infinity, headers));
    await fetchBig();
    expect(ranges).toEqual([undefined, undefined]);
  });

  test("when the host's file is another one by now", async () => {
    const other = Buffer.concat([Buffer.from("older"), bytes]);
    machine.upstream.serve(url, breaking(6_000_000, { etag: '"old"' }, other), breaking(Infinity, { etag }));
    expect((await fetchBig()).bytes).toBe(bytes.length);
    expect(ranges[1]).toContain('if "old"');
  });

  test("when the host gives another part than was asked for", async () => {
    const wrongPart: Answer = (_request, response) =>
      response.writeHead(206, { "content-range": `bytes 5-9/${bytes.length}` }).end("wrong");
    machine.upstream.serve(url, breaking(6_000_000, { etag }), wrongPart, breaking(Infinity, { etag }));
    await fetchBig();
    expect(ranges).toEqual([undefined, undefined]);
  });

  test("when the range lies behind the end", async () => {
    const none: Answer = (_request, response) => response.writeHead(416).end();
    machine.upstream.serve(url, breaking(6_000_000, { etag }), none, breaking(Infinity, { etag }));
    await fetchBig();
    expect(ranges).toEqual([undefined, undefined]);
  });

  test("when nothing will verify what is put together", async () => {
    machine.upstream.serve(url, breaking(6_000_000, { etag }), breaking(Infinity, { etag }));
    const web = createWeb(machine.context, machine.config, quick);
    await download(web, url, join(machine.home, "big"));
    expect(ranges).toEqual([undefined, undefined]);
  });
});

test("a rest of other bytes under the same mark is found by the checksum, and nothing is kept", async () => {
  const other = randomBytes(bytes.length);
  machine.upstream.serve(url, breaking(6_000_000, { etag }), breaking(Infinity, { etag }, other));
  await expect(fetchBig()).rejects.toThrow(/wrong checksum of big.tar.gz/);
  expect(await readdir(machine.home)).toEqual([]);
});

test("tries that bring nothing are counted, and what came is taken away", async () => {
  machine.upstream.serve(url, breaking(6_000_000, { etag }), stalled(bytes));
  await expect(fetchBig({ tries: 3, stallMs: 300 })).rejects.toThrow(
    /no byte came for 0.3 s \(tried 3 times\)/,
  );
  expect(await readdir(machine.home)).toEqual([]);
});

test("a download that never stands still ends too", async () => {
  machine.upstream.serve(url, slow(bytes, 1000, 20));
  const startedAt = Date.now();
  await expect(fetchBig({ totalMs: 600 })).rejects.toThrow(/not finished within 0.0 minutes; given up/);
  expect(Date.now() - startedAt).toBeLessThan(4_000);
  expect(await readdir(machine.home)).toEqual([]);
});
