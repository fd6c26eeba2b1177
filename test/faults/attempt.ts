import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Finished, Machine, ResultsFile } from "../e2e/support/machine.ts";
import { tookToDecide } from "../e2e/support/results.ts";
import { type Fault, type LiveFault, toldWithin } from "./fault.ts";

type Cause = ResultsFile["causes"][number];

/** Breaks the stack in one way, lets `monstack run` meet it, and asserts that it says so, soon, and leaves nothing. */
export async function meet(machine: Machine, fault: Fault): Promise<void> {
  await emptyFolder(machine);
  const files = { ...fault.files, ...(fault.config === undefined ? {} : { "monstack.yaml": fault.config }) };
  for (const [name, text] of Object.entries(files)) await writeFile(join(machine.folder, name), text);
  await machine.misbehave(fault.mirror ?? []);
  const beside = fault.beside && machine.start(fault.beside);
  if (beside) await expect.poll(() => beside.streams.stdout, { timeout: 20_000 }).toContain("listening");
  try {
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(fault.exitCode);
    const results = await machine.results();
    const first = firstCause(results, run);
    expectCause(first, fault, run);
    expect(firstError(run), run.output).toContain(first.what.split("\n")[0]);
    if (fault.at !== undefined)
      expect(`${first.at?.file}:${first.at?.line}`, JSON.stringify(first, undefined, 2)).toBe(fault.at);
    expect(results.verified).toBe(false);
    expect(results.teardown?.leaks ?? []).toEqual([]);
    const seconds = fault.from === "none" ? run.seconds : tookToDecide(results, fault.from);
    report(fault.what, first, seconds - (fault.visibleAfter ?? 0), run);
    expect(seconds, `told after ${seconds} s`).toBeLessThan(toldWithin + (fault.visibleAfter ?? 0));
  } finally {
    beside?.kill("SIGKILL");
    await machine.misbehave([]);
  }
}

/** Breaks a stack that is up in one way, lets `monstack verify` meet it, fixes it, and sees that it is well again. */
export async function meetLive(machine: Machine, fault: LiveFault): Promise<void> {
  await shell(machine, fault.breaks);
  try {
    const run = await machine.monstack(["verify"]);
    expect(run.exitCode, run.output).toBe(1);
    const first = firstCause(await machine.results(), run);
    expectCause(first, fault, run);
    report(fault.what, first, run.seconds - (fault.visibleAfter ?? 0), run);
    expect(run.seconds).toBeLessThan(toldWithin + (fault.visibleAfter ?? 0));
  } finally {
    await shell(machine, fault.fixes);
  }
  const again = await machine.monstack(["verify"]);
  expect(again.exitCode, again.output).toBe(0);
}

function expectCause(first: Cause, fault: Pick<Fault, "cause" | "says">, run: Finished): void {
  const said = [first.what, ...first.how].join("\n");
  expect(first.id, `${said}\n\n${run.output}`).toBe(fault.cause);
  expect(said, run.output).toMatch(fault.says);
  expect(first.fix).not.toBe("");
}

function firstCause(results: ResultsFile, run: Finished): Cause {
  const [first] = results.causes;
  if (first === undefined) throw new Error(`no cause was named:\n${run.output}`);
  return first;
}

function firstError({ stderr }: Finished): string {
  return stderr.split("\n").find((line) => line.includes("  error: ")) ?? "";
}

function report(what: string, { id, how }: Cause, seconds: number, run: Finished): void {
  console.log(
    `${what}: ${id}, told after ${seconds.toFixed(1)} s, run ${run.seconds.toFixed(1)} s; ${how[0]?.slice(0, 140)}`,
  );
}

export async function emptyFolder({ folder }: Machine): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

/** kubectl, Grafana and its password as monstack left them for whoever comes next. */
async function shell(machine: Machine, script: string): Promise<void> {
  const prelude = `
set -o pipefail
export STATE=${machine.folder}/state
export KUBECTL="${process.cwd()}/lab/out/bin/kubectl --kubeconfig $STATE/kubeconfig"
export PASSWORD=$(${process.execPath} -p 'JSON.parse(require("fs").readFileSync(process.env.STATE + "/stack.json")).grafana.password')
`;
  const done = await machine.run(["bash", "-c", `${prelude}\n${script}`], { timeout: 200 });
  if (done.exitCode !== 0) throw new Error(`the script did not work:\n${script}\n${done.output}`);
}
