import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Finding } from "../test/fuzz/fuzz.ts";

/**
 * Feeds every reader of foreign input with made-up input: `npm run fuzz -- [--cases N] [--seconds N] [--seed N]
 * [--target NAME] [--case N]`. Ends with 1 if one threw an error that is none of monstack's own, took longer than 2 s, or
 * wrote outside of its folder. With `--seconds`, the time is divided among the targets, and `--cases` is their most.
 */
const { values: flags } = parseArgs({
  options: {
    cases: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string" },
    target: { type: "string" },
    case: { type: "string" },
  },
});

/** How long one case may hang before it is given up; far beyond what makes it a finding, since machines are busy. */
const hangMs = 30_000;

interface Work {
  readonly target: string;
  readonly seed: number;
  readonly cases: number;
  readonly from: number;
  readonly ms: number | undefined;
}

type Message = { readonly begun: number } | { readonly done: number; readonly findings: readonly Finding[] };

/** In a thread of its own, which can be ended when a case never ends. */
async function work({ target, seed, cases, from, ms }: Work): Promise<void> {
  const { fuzz } = await import("../test/fuzz/fuzz.ts");
  const { targets } = await import("../test/fuzz/targets/all.ts");
  const one = targets.find(({ name }) => name === target);
  if (one === undefined) throw new Error(`no target ${target}`);
  const post = (message: Message) => parentPort?.postMessage(message);
  const until = ms === undefined ? Number.POSITIVE_INFINITY : Date.now() + ms;
  const { done, findings } = await fuzz(one, { seed, cases, from, until, begun: (begun) => post({ begun }) });
  post({ done, findings: findings.map((finding) => ({ ...finding, input: shown(finding.input) })) });
}

/** What a case was, as far as it helps: `--case` makes it again. */
function shown(input: unknown): string {
  const text = input instanceof Uint8Array ? `${input.byteLength} bytes` : JSON.stringify(input);
  return text.length > 500 ? `${text.slice(0, 500)}... (${text.length} characters)` : text;
}

async function watch(given: Work): Promise<Extract<Message, { done: number }>> {
  const worker = new Worker(new URL(import.meta.url), { workerData: given });
  let [index, since] = [given.from, Date.now()];
  const hung = (): Finding => ({
    target: given.target,
    index,
    problem: "it never ended",
    input: "see --case",
  });
  try {
    return await new Promise((resolve, reject) => {
      const timer = setInterval(() => {
        if (Date.now() - since < hangMs) return;
        clearInterval(timer);
        resolve({ done: index - given.from, findings: [hung()] });
      }, 500);
      worker.on("message", (message: Message) => {
        since = Date.now();
        if ("begun" in message) index = message.begun;
        else {
          clearInterval(timer);
          resolve(message);
        }
      });
      worker.on("error", reject);
    });
  } finally {
    await worker.terminate();
  }
}

async function main(): Promise<void> {
  const { targets } = await import("../test/fuzz/targets/all.ts");
  const names = targets.map(({ name }) => name).filter((name) => [undefined, name].includes(flags.target));
  const seed = flags.seed === undefined ? randomInt(2 ** 31) : Number(flags.seed);
  const from = Number(flags.case ?? 0);
  const cases = flags.case === undefined ? Number(flags.cases ?? 10_000) : 1;
  const ms = flags.seconds === undefined ? undefined : (Number(flags.seconds) * 1_000) / names.length;
  console.log(`seed ${seed}`);
  let failed = names.length === 0;
  for (const target of names) {
    const { done, findings } = await watch({ target, seed, cases, from, ms });
    console.log(`${target}: ${done} cases, ${findings.length === 0 ? "ok" : "FAILED"}`);
    for (const { index, problem, input } of findings)
      console.log(
        `  --seed ${seed} --target ${JSON.stringify(target)} --case ${index}: ${problem}\n  ${input}`,
      );
    failed ||= findings.length > 0;
  }
  process.exitCode = failed ? 1 : 0;
}

await (isMainThread ? main() : work(workerData as Work));
