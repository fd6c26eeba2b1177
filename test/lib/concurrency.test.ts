import { expect, it } from "vitest";
import { createLimiter, mapLimited } from "../../src/lib/concurrency.ts";

/** Work that is counted while it runs, and that ends when it is told to. */
function createWork() {
  const open: PromiseWithResolvers<number>[] = [];
  let running = 0;
  let peak = 0;
  const started: number[] = [];
  const work = async (id: number) => {
    started.push(id);
    running += 1;
    peak = Math.max(peak, running);
    const end = Promise.withResolvers<number>();
    open.push(end);
    try {
      return await end.promise;
    } finally {
      running -= 1;
    }
  };
  return { open, started, work, peak: () => peak };
}

const turn = async () => {
  for (let round = 0; round < 20; round++) await Promise.resolve();
};

it("a limiter runs what it is given in order, at most so many at once, also after a failure", async () => {
  const limit = createLimiter(2);
  const { open, started, work, peak } = createWork();
  const results = [1, 2, 3, 4, 5].map((id) => limit(() => work(id)));
  const settled = Promise.allSettled(results);
  await turn();
  expect(started).toEqual([1, 2]);
  open[1]?.reject(new Error("no"));
  await turn();
  expect(started).toEqual([1, 2, 3]);
  open[0]?.resolve(10);
  open[2]?.resolve(30);
  await turn();
  // A late one waits behind those that wait already.
  const late = limit(() => work(6));
  await turn();
  expect(started).toEqual([1, 2, 3, 4, 5]);
  for (const [index, end] of open.entries()) end.resolve(index);
  await turn();
  open[5]?.resolve(60);
  expect(await late).toBe(60);
  expect((await settled).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
    "fulfilled",
  ]);
  expect(peak()).toBe(2);
});

it("results of a limited map are in the order of the items", async () => {
  const { open, work, peak } = createWork();
  const mapped = mapLimited([1, 2, 3], 2, work);
  await turn();
  open[1]?.resolve(20);
  await turn();
  open[2]?.resolve(30);
  open[0]?.resolve(10);
  expect(await mapped).toEqual([10, 20, 30]);
  expect(peak()).toBe(2);
});
