import { expect, test } from "vitest";
import { yieldEachOnce } from "../../src/host/memory.ts";

async function* from(pieces: readonly Uint8Array[]) {
  yield* pieces;
}

test("a piece is whole until the next one is asked for, and its memory is given back then", async () => {
  const pieces = ["one", "two", "three"].map((text) => new TextEncoder().encode(text));
  const buffers = pieces.map(({ buffer }) => buffer);
  const seen: string[] = [];
  for await (const piece of yieldEachOnce(from(pieces))) {
    seen.push(new TextDecoder().decode(piece));
    expect(buffers.map(({ detached }) => detached)).toEqual(buffers.map((_, at) => at < seen.length - 1));
  }
  expect(seen).toEqual(["one", "two", "three"]);
  expect(buffers.map(({ detached }) => detached)).toEqual([true, true, true]);
});

test("a piece that shares its memory with others leaves it alone", async () => {
  const whole = new TextEncoder().encode("onetwo");
  const seen: string[] = [];
  for await (const piece of yieldEachOnce(from([whole.subarray(0, 3), whole.subarray(3)])))
    seen.push(new TextDecoder().decode(piece));
  expect(seen).toEqual(["one", "two"]);
  expect(new TextDecoder().decode(whole)).toBe("onetwo");
});

test("who stops early keeps the piece it has", async () => {
  const pieces = ["one", "two"].map((text) => new TextEncoder().encode(text));
  for await (const _ of yieldEachOnce(from(pieces))) break;
  expect(pieces.map((piece) => new TextDecoder().decode(piece))).toEqual(["one", "two"]);
});
