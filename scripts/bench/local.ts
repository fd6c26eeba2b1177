import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentOf, startLargeStack } from "../../test/scale/stack.ts";
import { fullScale, quarterScale } from "../../test/scale/world.ts";
import type { Collector } from "./figures.ts";

/** The program of a checkout. */
export interface Program {
  /** The folder with cli.js and main.js. */
  readonly dist: string;
  /** Whether it is the other checkout's, which this one is compared with. */
  readonly isOther: boolean;
}

/** What a process used, as it says itself at its end. */
export interface Usage {
  readonly args: readonly string[];
  readonly megabytes: number;
  readonly cpuSeconds: number;
  /** CPU seconds since its start at points of time, in milliseconds since the epoch. */
  readonly samples: readonly (readonly [atMs: number, cpuSeconds: number])[];
}

/** Loaded before a program of Node's: it writes to the file in MONSTACK_BENCH_USAGE what the process used. */
const reporter = `import { appendFileSync } from "node:fs";
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
const samples = [];
setInterval(() => samples.push([Date.now(), cpu()]), 100).unref();
process.once("exit", () => {
  const file = process.env.MONSTACK_BENCH_USAGE;
  const megabytes = process.resourceUsage().maxRSS * 1024 / 1e6;
  if (file) appendFileSync(file, JSON.stringify({ args: process.argv.slice(1), megabytes, cpuSeconds: cpu(), samples }) + "\\n");
});
`;

/** Writes the reporter into a folder. Returns the environment of a program that uses it, and what those wrote so far. */
export async function prepareUsage(folder: string) {
  const preload = join(folder, "report-usage.mjs");
  const file = join(folder, "usage.jsonl");
  await writeFile(preload, reporter);
  return {
    env: { NODE_OPTIONS: `--import=${preload}`, MONSTACK_BENCH_USAGE: file },
    /** Returns what the last process whose arguments include this one wrote. */
    read: async (argument: string): Promise<Usage> => {
      const lines = (await readFile(file, "utf8")).trim().split("\n");
      const usage = lines
        .map((line) => JSON.parse(line) as Usage)
        .findLast(({ args }) => args.includes(argument));
      if (usage === undefined) throw new Error(`no process with the argument ${argument} reported its usage`);
      return usage;
    },
  };
}

/** Runs a command to its end. @throws Error unless it exits with 0 */
async function run(argv: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
  const [file = "", ...args] = argv;
  const began = performance.now();
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: 180_000 });
  const streams = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      streams[name] += text;
    });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0)
    throw new Error(`${argv.join(" ")} exited with ${code}:\n${streams.stdout}${streams.stderr}`);
  return { ...streams, seconds };
}

/** Runs the programs of a round in turn: in each second round the other one is first. */
export async function inTurn(
  programs: readonly Program[],
  rounds: number,
  measure: (program: Program, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const program of round % 2 === 0 ? programs : programs.toReversed()) await measure(program, round);
}

/** Measures what the process needs before it does anything: to start, and to load each of its entry points. */
export async function measureAlone(
  programs: readonly Program[],
  rounds: number,
  collector: Collector,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "monstack-bench-"));
  try {
    const env = environmentOf(folder);
    const usage = await prepareUsage(folder);
    await inTurn(programs, rounds, async ({ dist, isOther }, round) => {
      const where = { round, isOther };
      const empty = "an empty program of Node's";
      const add = (name: string, unit: "ms" | "MB", value: number) =>
        collector.add({ part: "alone", name, unit }, value, {
          ...where,
          than: name === empty ? undefined : empty,
        });
      add(empty, "ms", 1000 * (await run([process.execPath, "-e", "0"], folder, env)).seconds);
      const cli = join(dist, "cli.js");
      add(
        "monstack --version",
        "ms",
        1000 * (await run([process.execPath, cli, "--version"], folder, env)).seconds,
      );
      for (const entry of ["cli.js", "main.js"]) {
        const milliseconds = await measureLoad(join(dist, entry), folder, env);
        collector.add(
          { part: "alone", name: `${entry}: load`, unit: "ms", note: "goal: 100 ms" },
          milliseconds,
          where,
        );
      }
      for (const args of [["--version"], ["plan", "--offline"]]) {
        await run([process.execPath, cli, ...args], folder, { ...env, ...usage.env });
        const { cpuSeconds, megabytes } = await usage.read(args[0] ?? "");
        const name = `monstack ${args.join(" ")}`;
        collector.add({ part: "alone", name: `${name}: CPU`, unit: "ms" }, 1000 * cpuSeconds, where);
        collector.add({ part: "alone", name: `${name}: memory`, unit: "MB" }, megabytes, where);
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the milliseconds that the chunk behind an entry point takes to load, in a process with the entry point's settings of V8. */
async function measureLoad(
  entry: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const chunk = /import\("(\.\/chunks\/[^"]+)"\)/.exec(await readFile(entry, "utf8"))?.[1];
  if (chunk === undefined) throw new Error(`${entry} imports no chunk`);
  const url = new URL(chunk, `file://${entry}`).href;
  const script = `const began = performance.now(); await import(${JSON.stringify(url)}); process.stdout.write(String(performance.now() - began)); process.exit(0)`;
  const flags = ["--semi-space-growth-factor=1", "--optimize-for-size", "--input-type=module"];
  return Number((await run([process.execPath, ...flags, "-e", script], cwd, env)).stdout);
}

/** Measures `monstack verify` of a large stack and of one of a quarter of its size, both played on loopback. */
export async function measureScale(
  programs: readonly Program[],
  rounds: number,
  collector: Collector,
  isQuick: boolean,
): Promise<void> {
  const scales = {
    "5,000 targets, 8,000 panels, 2 million series": fullScale,
    "a quarter of each": quarterScale,
  };
  await inTurn(programs, rounds, async ({ dist, isOther }, round) => {
    for (const [size, scale] of Object.entries(scales)) {
      if (isQuick && scale === fullScale) continue;
      await using stack = await startLargeStack(scale);
      const usage = await prepareUsage(stack.folder);
      const argv = [process.execPath, join(dist, "cli.js"), "verify", ...stack.args];
      const { seconds } = await run(argv, stack.folder, { ...environmentOf(stack.home), ...usage.env });
      const { cpuSeconds, megabytes } = await usage.read("verify");
      const add = (what: string, unit: "s" | "MB" | "requests", value: number, note?: string) =>
        collector.add({ part: "scale", name: `${size}: ${what}`, unit, note }, value, { round, isOther });
      add("verify", "s", seconds, scale === fullScale ? "goal: 30 s" : undefined);
      add("CPU", "s", cpuSeconds);
      add("memory", "MB", megabytes, scale === fullScale ? "goal: 300 MB" : undefined);
      for (const [server, { requests, maxAtOnce, bytes }] of Object.entries(stack.loads)) {
        add(`most requests at once, ${server}`, "requests", maxAtOnce);
        add(`requests, ${server}`, "requests", requests);
        add(`bytes, ${server}`, "MB", bytes / 1e6);
      }
    }
  });
}
