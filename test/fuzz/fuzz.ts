import { cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MonstackError } from "../../src/lib/errors.ts";
import { createRandom, type Random, seedOf } from "./random.ts";

/** Something that takes in what somebody else wrote. */
export interface Target<T = unknown> {
  readonly name: string;
  /** @param folder that `run` may write to; what lies beside it is watched */
  generate(random: Random, folder: string): T;
  /** Takes it in. An error of monstack's own is a fine answer to it, anything else is a bug. */
  run(input: T, folder: string): unknown;
}

/** For a table of targets with inputs of their own types. */
export function target<T>(one: Target<T>): Target {
  return one as Target;
}

export interface Finding {
  readonly target: string;
  readonly index: number;
  readonly problem: string;
  readonly input: unknown;
}

export interface FuzzOptions {
  readonly seed: number;
  /** How many cases. */
  readonly cases: number;
  /** The first of them. */
  readonly from?: number;
  /** Milliseconds since the epoch at which no more is begun. */
  readonly until?: number;
  /** Told before each case: whoever watches from outside sees where it hangs. */
  readonly begun?: (index: number) => void;
}

const maxFindings = 5;

/** Milliseconds for one case, by the wall's clock and by the processor's: on a busy machine the first alone says little. */
export const maxMs = 2_000;

/** Runs the cases of one target and ends early when it has found enough. */
export async function fuzz(
  one: Target,
  { seed, cases, from = 0, until = Number.POSITIVE_INFINITY, begun }: FuzzOptions,
): Promise<{ readonly done: number; readonly findings: readonly Finding[] }> {
  const findings: Finding[] = [];
  await using place = await createPlace();
  let index = from;
  for (; index < from + cases && Date.now() < until && findings.length < maxFindings; index++) {
    begun?.(index);
    const input = one.generate(createRandom(seedOf(seed, one.name, index)), place.folder);
    const problem = (await problemOf(one, input, place.folder)) ?? (await place.check());
    if (problem !== undefined) findings.push({ target: one.name, index, problem, input });
  }
  return { done: index - from, findings };
}

async function problemOf(one: Target, input: unknown, folder: string): Promise<string | undefined> {
  const [began, busy] = [performance.now(), process.cpuUsage()];
  try {
    await one.run(input, folder);
  } catch (error) {
    if (!(error instanceof MonstackError))
      return `an error that is none of monstack's own: ${error instanceof Error ? error.stack : String(error)}`;
  }
  const { user, system } = process.cpuUsage(busy);
  const [wallMs, processorMs] = [performance.now() - began, (user + system) / 1_000];
  if (Math.min(wallMs, processorMs) <= maxMs) return undefined;
  return `it took ${Math.round(processorMs)} ms`;
}

/** A folder to write to, between others that nobody may touch. */
async function createPlace() {
  const root = await mkdtemp(join(tmpdir(), "fuzz-"));
  const [folder, before, beside] = ["inside", "before", "beside"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  const setUp = async () => {
    await rm(root, { recursive: true, force: true });
    for (const name of [folder, before, beside]) await mkdir(name, { recursive: true });
    await writeFile(join(before, "canary"), "as it was");
    await cp(join(before, "canary"), join(beside, "canary"));
  };
  const seen = async () => {
    const names = (await readdir(root, { recursive: true })).filter((name) => !name.startsWith("inside"));
    const contents = names.map(async (name) => {
      const path = join(root, name);
      return (await lstat(path)).isFile() ? `${name}: ${await readFile(path, "utf8")}` : name;
    });
    return (await Promise.all(contents)).sort().join("\n");
  };
  await setUp();
  const expected = await seen();
  return {
    folder,
    check: async () => {
      const now = await seen();
      const isEmpty = (await readdir(folder)).length === 0;
      if (now !== expected || !isEmpty) await setUp();
      return now === expected ? undefined : `it wrote outside of its folder:\n${now}`;
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
