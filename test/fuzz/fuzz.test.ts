import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { UserError } from "../../src/lib/errors.ts";
import { fuzz, type Target, target } from "./fuzz.ts";
import { createRandom } from "./random.ts";
import { targets } from "./targets/all.ts";

const options = { seed: 7, cases: 20 };

function numbers(run: Target<number>["run"]): Target {
  return target({ name: "numbers", generate: (random) => random.number(1, 6), run });
}

it("the same seed makes the same cases, and one of them alone", async () => {
  const [first, second, alone]: number[][] = [[], [], []] as const;
  await fuzz(
    numbers((input) => void first?.push(input)),
    options,
  );
  await fuzz(
    numbers((input) => void second?.push(input)),
    options,
  );
  await fuzz(
    numbers((input) => void alone?.push(input)),
    { ...options, from: 5, cases: 1 },
  );
  expect(first).toHaveLength(20);
  expect(second).toEqual(first);
  expect(alone).toEqual([first?.[5]]);
  expect(new Set(first).size).toBeGreaterThan(2);
});

it("an error of monstack's own is an answer, anything else is a finding", async () => {
  const refusing = numbers(() => {
    throw new UserError("no");
  });
  expect(await fuzz(refusing, options)).toEqual({ done: 20, findings: [] });
  const broken = numbers((input) => {
    if (input === 3) throw new TypeError("undefined is not a function");
  });
  const { findings } = await fuzz(broken, options);
  expect(findings[0]).toMatchObject({
    target: "numbers",
    input: 3,
    problem: expect.stringContaining("TypeError"),
  });
});

it.each(["../beside/canary", "../new", "../before/new"])("writing to %s is a finding", async (path) => {
  const writing = numbers((_, folder) => writeFile(join(folder, path), "evil"));
  const { findings } = await fuzz(writing, { ...options, cases: 2 });
  expect(findings.map(({ problem }) => problem)).toEqual(
    Array(2).fill(expect.stringMatching(/^it wrote outside of its folder/)),
  );
});

it("writing into its own folder is none, and the next case finds it empty", async () => {
  const writing = numbers((_, folder) => writeFile(join(folder, "x"), "", { flag: "wx" }));
  expect((await fuzz(writing, { ...options, cases: 3 })).findings).toEqual([]);
});

it("a case that takes too long is a finding", { timeout: 60_000 }, async () => {
  const slow = numbers(() => {
    const busy = process.cpuUsage();
    for (let used = process.cpuUsage(busy); used.user + used.system < 2_300_000; )
      used = process.cpuUsage(busy);
  });
  const { findings } = await fuzz(slow, { ...options, cases: 1 });
  expect(findings[0]?.problem).toMatch(/^it took \d+ ms/);
});

it.each(targets)("$name: the first cases are taken in", { timeout: 120_000 }, async (one) => {
  expect(await fuzz(one, { seed: 1, cases: 30 })).toEqual({ done: 30, findings: [] });
});

it("numbers are evenly spread", () => {
  const random = createRandom(1);
  const drawn = Array.from({ length: 6_000 }, () => random.number(0, 5));
  for (let one = 0; one <= 5; one++)
    expect(drawn.filter((number) => number === one).length).toBeGreaterThan(800);
});
