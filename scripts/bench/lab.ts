import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { startForeignCluster } from "../../test/e2e/support/cluster.ts";
import {
  type Finished,
  type Machine,
  type ResultsFile,
  startMachine,
} from "../../test/e2e/support/machine.ts";
import { took } from "../../test/e2e/support/results.ts";
import type { Collector, Where } from "./figures.ts";
import { inTurn, type Program, prepareUsage, type Usage } from "./local.ts";

export const lab = resolve(import.meta.dirname, "../../lab");
/** Other work of this host may hold the lab. */
export const labEnvironment = { LAB_WAIT: "1800" };

/** Builds what the lab's machines need; what is there already is kept. */
export async function buildLab(): Promise<void> {
  await promisify(execFile)("bash", [join(lab, "lab"), "build"], { maxBuffer: 2 ** 26 });
}

/** One call of monstack in a machine. */
export interface Call {
  readonly run: Finished;
  readonly results: ResultsFile;
  /** Seconds from the command's start to the end of the checks; NaN without any. */
  readonly verified: number;
  readonly usage: Usage;
}

/** Runs `monstack ARGS...` in a machine, with state and report in its folder. @throws Error unless it exits as expected */
export async function callMonstack(
  machine: Machine,
  { dist }: Program,
  [command = "", ...rest]: readonly string[],
  exitCode = 0,
): Promise<Call> {
  const usage = await prepareUsage(machine.folder);
  const where = [
    "--state-dir",
    join(machine.folder, "state"),
    "--report-dir",
    join(machine.folder, "report"),
  ];
  const began = Date.now();
  const argv = [process.execPath, join(dist, "cli.js"), command, ...where, ...rest];
  const run = await machine.run(argv, { cwd: machine.folder, env: usage.env, timeout: 600 });
  if (run.exitCode !== exitCode)
    throw new Error(`monstack ${command} ${rest.join(" ")} exited with ${run.exitCode}:\n${run.output}`);
  const results = await machine.results();
  const ended = results.phases.find(({ name }) => name === "verify")?.endedAt ?? "";
  return { run, results, verified: (Date.parse(ended) - began) / 1000, usage: await usage.read(command) };
}

/** Runs a command of monstack that leaves no results. @throws Error unless it exits with 0 */
async function prepareWith(machine: Machine, { dist }: Program, args: readonly string[]): Promise<Finished> {
  const done = await machine.run([process.execPath, join(dist, "cli.js"), ...args], { cwd: machine.folder });
  if (done.exitCode !== 0)
    throw new Error(`monstack ${args.join(" ")} exited with ${done.exitCode}:\n${done.output}`);
  return done;
}

/** Measures in fresh machines a run and everything that is like one; a machine's runs share its caches. */
export async function measureWarm(
  programs: readonly Program[],
  rounds: number,
  collector: Collector,
  isQuick: boolean,
): Promise<void> {
  await using bundle = await makeBundles(programs, isQuick);
  await inTurn(programs, rounds, async (program, round) => {
    const where = { round, isOther: program.isOther };
    const add = (name: string, value: number, than?: string) =>
      collector.add({ part: "warm", name, unit: "s" }, value, { ...where, than });
    await measureOwnCluster(program, round, collector, isQuick);
    if (isQuick) return;
    const others = [
      async () => {
        await using machine = await startMachine(labEnvironment);
        const { verified } = await callMonstack(machine, program, [
          "run",
          "--bundle",
          bundle.fileOf(program),
        ]);
        add("run from a bundle to verified", verified, firstRun);
      },
      async () => {
        await using machine = await startMachine({ ...labEnvironment, LAB_ROOT_PROPAGATION: "shared" });
        await startForeignCluster(machine);
        const args = ["run", "--kubeconfig", "/etc/rancher/k3s/k3s.yaml"];
        const { verified, results } = await callMonstack(machine, program, args);
        add("run on an existing cluster to verified", verified, firstRun);
        add("teardown on an existing cluster", took(results, "teardown"));
      },
    ];
    for (const measure of round % 2 === 0 ? others : others.toReversed()) await measure();
  });
}

const firstRun = "run to verified, nothing cached";
const secondRun = "second run to verified";

/** Measures runs with a k3s of monstack's own in one machine, one after the other; the later ones in turn. */
async function measureOwnCluster(
  program: Program,
  round: number,
  collector: Collector,
  isQuick: boolean,
): Promise<void> {
  await using machine = await startMachine(labEnvironment);
  const where = { round, isOther: program.isOther };
  const add = (name: string, value: number, than?: string) =>
    collector.add({ part: "warm", name, unit: "s" }, value, { ...where, than });
  const first = await callMonstack(machine, program, ["run"]);
  add(firstRun, first.verified);
  const lockFile = join(machine.folder, "monstack.lock");
  const later = [
    async () => {
      const call = await callMonstack(machine, program, ["run"]);
      add(secondRun, call.verified, firstRun);
      add("second run, teardown included", call.run.seconds);
      add("teardown", took(call.results, "teardown"));
      addPhases(collector, call, where);
    },
    async () => {
      await prepareWith(machine, program, ["lock"]);
      const { verified } = await callMonstack(machine, program, ["run"]);
      await rm(lockFile);
      add("run with a lock to verified", verified, secondRun);
    },
    async () => {
      if (isQuick) return;
      await prepareWith(machine, program, ["plan", "--helm-version", "v3"]);
      const { verified } = await callMonstack(machine, program, ["run", "--helm-version", "v3"]);
      add("run with helm 3 to verified", verified, secondRun);
    },
  ];
  for (const measure of round % 2 === 0 ? later : later.toReversed()) await measure();
  if (isQuick) return;
  await callMonstack(machine, program, ["up"]);
  await callMonstack(machine, program, ["verify"]);
  add("verify of a stack that is verified", (await callMonstack(machine, program, ["verify"])).run.seconds);
  const down = await prepareWith(machine, program, ["down", "--state-dir", join(machine.folder, "state")]);
  add("down of a stack that is up", down.seconds);
}

/** Adds a run's phases with their CPU, and its checks that took longest. */
function addPhases(collector: Collector, { results, usage }: Call, where: Where): void {
  const add = (name: string, unit: "s" | "MB", value: number) =>
    collector.add({ part: "warm", name, unit }, value, where);
  add("process of a run: CPU", "s", usage.cpuSeconds);
  add("process of a run: memory", "MB", usage.megabytes);
  for (const { name, startedAt, endedAt } of results.phases) {
    add(`phase ${name}`, "s", (Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
    add(`phase ${name}: CPU`, "s", cpuAt(usage, Date.parse(endedAt)) - cpuAt(usage, Date.parse(startedAt)));
  }
  for (const { kind, name, seconds } of listCriticalPath(results))
    add(`on the critical path: ${kind} ${name}`, "s", seconds);
  const verify = results.phases.find(({ name }) => name === "verify");
  for (const check of results.checks as readonly { id: string; startedAt?: string; endedAt?: string }[]) {
    const seconds = (Date.parse(check.endedAt ?? "") - Date.parse(verify?.startedAt ?? "")) / 1000;
    if (seconds >= 1) add(`check ${check.id}, from the start of the checks`, "s", seconds);
  }
}

/** Returns the spans that decided how long the run took; none if its results have no trace. */
function listCriticalPath(results: ResultsFile): { kind: string; name: string; seconds: number }[] {
  type Span = Record<"kind" | "name" | "startedAt" | "endedAt", string> & { id: unknown };
  const { trace } = results as { trace?: { spans: readonly Span[]; criticalPath: readonly unknown[] } };
  return (trace?.criticalPath ?? []).flatMap((id) => {
    const span = trace?.spans.find((one) => one.id === id);
    if (span === undefined) return [];
    const { kind, name, startedAt, endedAt } = span;
    return [{ kind, name, seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 }];
  });
}

/** Returns the CPU seconds that the process had used at a time: of the last sample before it. */
function cpuAt({ samples, cpuSeconds }: Usage, atMs: number): number {
  if (samples.every(([time]) => time < atMs)) return cpuSeconds;
  return samples.findLast(([time]) => time <= atMs)?.[1] ?? 0;
}

/** Makes a bundle with each program, as every machine gets it. */
async function makeBundles(programs: readonly Program[], isQuick: boolean) {
  const folder = await mkdtemp(join(tmpdir(), "monstack-bench-bundle-"));
  const fileOf = ({ isOther }: Program) => join(folder, isOther ? "other.tar" : "own.tar");
  for (const program of isQuick ? [] : programs) {
    await using machine = await startMachine(labEnvironment);
    await callMonstack(machine, program, ["bundle", "create", "-o", fileOf(program)]);
  }
  return { fileOf, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Bytes in a second of the links that cold runs are measured over. */
const links = [125e6, 25e6];

/** Measures runs with empty caches over a limited link, images and tools as large as upstream's; at the first speed with a lock too. */
export async function measureCold(
  programs: readonly Program[],
  rounds: number,
  collector: Collector,
): Promise<void> {
  const environment = { ...labEnvironment, LAB_SIZES: "genuine" };
  await using locks = await makeLocks(programs, environment);
  await inTurn(programs, rounds, async (program, round) => {
    const where = { round, isOther: program.isOther };
    for (const speed of links) {
      const name = `run to verified, ${speed / 1e6} MB/s`;
      const variants = speed === links[0] ? [name, `${name}, with a lock`] : [name];
      for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
        await using machine = await startMachine(environment);
        if (variant !== name) await cp(locks.fileOf(program), join(machine.folder, "monstack.lock"));
        const measured = await limitLink(machine, speed);
        const { verified, results, usage } = await callMonstack(machine, program, ["run"]);
        const than = variant === name ? undefined : name;
        collector.add({ part: "cold", name: variant, unit: "s" }, verified, { ...where, than });
        const bytes = await countBytes(machine);
        const add = (what: string, unit: "s" | "MB" | "MB/s", value: number) =>
          collector.add({ part: "cold", name: `${variant}: ${what}`, unit }, value, where);
        add("the link as measured", "MB/s", measured);
        add("bytes", "MB", bytes / 1e6);
        add("bytes at the link's speed", "s", bytes / speed);
        add("memory", "MB", usage.megabytes);
        for (const phase of results.phases) add(`phase ${phase.name}`, "s", took(results, phase.name));
      }
    }
  });
  const seconds = await measureUnpacking();
  collector.add({ part: "cold", name: "unpacking all padded layers on both cores", unit: "s" }, seconds, {
    round: 0,
  });
}

async function makeLocks(programs: readonly Program[], environment: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), "monstack-bench-lock-"));
  const fileOf = ({ isOther }: Program) => join(folder, isOther ? "other.lock" : "own.lock");
  for (const program of programs) {
    await using machine = await startMachine(environment);
    await prepareWith(machine, program, ["lock"]);
    await cp(join(machine.folder, "monstack.lock"), fileOf(program));
  }
  return { fileOf, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Limits the mirror's link. Returns the speed of two downloads at once, in MB/s. */
async function limitLink(machine: Machine, bytesPerSecond: number): Promise<number> {
  const script = `set -e
curl -sf -X PUT -d '{"bytesPerSecond": ${bytesPerSecond}}' http://203.0.113.1/_lab/link
url=http://203.0.113.1/dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubectl
began=$EPOCHREALTIME
bytes=$(for _ in 1 2; do curl -sf -w '%{size_download}\\n' -o /dev/null $url & done | awk '{ sum += $1 } END { print sum }')
wait
awk -v a=$began -v b=$EPOCHREALTIME -v n=$bytes 'BEGIN { print n / (b - a) / 1e6 }'
curl -sf -X DELETE http://203.0.113.1/_lab/requests`;
  const done = await machine.run(["bash", "-c", script]);
  if (done.exitCode !== 0) throw new Error(`the mirror's link could not be limited:\n${done.output}`);
  return Number(done.stdout);
}

/** Returns the bytes of all bodies that the mirror has sent; k3s counts as upstream's, which the link does too. */
async function countBytes(machine: Machine): Promise<number> {
  const requests = (await machine.asked()) as readonly { path: string; bytes?: number }[];
  const genuineK3s = 81e6;
  return requests.reduce(
    (sum, { path, bytes = 0 }) => sum + (path.endsWith("/k3s") ? Math.min(bytes, genuineK3s) : bytes),
    0,
  );
}

/** Returns the seconds that gzip needs for all layers of upstream's sizes, two at a time. */
async function measureUnpacking(): Promise<number> {
  const blobs = join(lab, "out/mirror-genuine/registry/docker/registry/v2/blobs");
  const script = `find ${blobs} -name data -size +1M -print0 | xargs -0 -n 1 -P 2 sh -c 'gzip -dc "$0" >/dev/null 2>&1; exit 0'`;
  await promisify(execFile)("bash", ["-c", script]); // from the disk once
  const began = performance.now();
  await promisify(execFile)("bash", ["-c", script]);
  return (performance.now() - began) / 1000;
}
