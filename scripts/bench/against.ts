import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Machine, startMachine } from "../../test/e2e/support/machine.ts";
import { tookToDecide } from "../../test/e2e/support/results.ts";
import type { Fault } from "../../test/faults/fault.ts";
import { allFaults } from "../../test/faults/rows/all.ts";
import type { Collector } from "./figures.ts";
import { callMonstack, lab, labEnvironment } from "./lab.ts";
import { inTurn, type Program } from "./local.ts";

/** Measures the stack as it is set up by hand (lab/todays-way.sh) in turn with a run. */
export async function measureToday(own: Program, rounds: number, collector: Collector): Promise<void> {
  const run = "monstack run, nothing -> verified";
  const byHand = async (round: number) => {
    await using machine = await startMachine({
      ...labEnvironment,
      LAB_ROOT_PROPAGATION: "shared",
      LAB_PARTS: "all",
    });
    const steps = await callByHand(machine, []);
    const note = "k3s' defaults, helm --wait, default values";
    for (const [step, seconds] of Object.entries(steps)) {
      const name =
        step === "data" ? "by hand, nothing -> the four queries have data" : `by hand, nothing -> ${step}`;
      const spec = { part: "today", name, unit: "s", ...(step === "data" ? { note } : {}) } as const;
      collector.add(spec, Number(seconds), { round, than: step === "data" ? run : undefined });
    }
  };
  const withMonstack = async (round: number) => {
    await using machine = await startMachine(labEnvironment);
    collector.add(
      { part: "today", name: run, unit: "s" },
      (await callMonstack(machine, own, ["run"])).verified,
      { round },
    );
  };
  for (let round = 0; round < rounds; round++)
    for (const measure of round % 2 === 0 ? [byHand, withMonstack] : [withMonstack, byHand])
      await measure(round);
}

/** Runs lab/todays-way.sh in a machine. Returns what it prints. */
async function callByHand(machine: Machine, args: readonly string[]): Promise<Record<string, unknown>> {
  const done = await machine.run(["bash", join(lab, "todays-way.sh"), ...args], { timeout: 600 });
  if (done.exitCode !== 0)
    throw new Error(`todays-way.sh ${args.join(" ")} exited with ${done.exitCode}:\n${done.output}`);
  return JSON.parse(done.stdout.trim().split("\n").at(-1) ?? "");
}

/** A fault of each kind that people meet: image, program, volume, node, configuration, and one that no workload shows. */
const chosenFaults = [
  "an image that doesn't exist",
  "a program that ends again and again",
  "a storage class that isn't there",
  "more CPU than the node has",
  "a container that lacks its environment",
  "a target where nothing listens",
];

/** Measures the time from when a fault can be seen to its cause, and what `helm install --wait` says of the same values. */
export async function measureDiagnosis(
  programs: readonly Program[],
  rounds: number,
  collector: Collector,
): Promise<void> {
  const faults = chosenFaults.map((what) => {
    const fault = allFaults.find((one) => one.what === what);
    if (fault === undefined) throw new Error(`test/faults has no row "${what}"`);
    return fault;
  });
  await inTurn(programs, rounds, async (program, round) => {
    await using machine = await startMachine(labEnvironment);
    for (const fault of faults) {
      await writeFile(join(machine.folder, "monstack.yaml"), fault.config ?? "");
      const { results, run } = await callMonstack(machine, program, ["run"], fault.exitCode);
      if (results.causes[0]?.id !== fault.cause)
        throw new Error(
          `${fault.what}: expected the cause ${fault.cause}, got ${results.causes[0]?.id}\n${run.output}`,
        );
      const seconds = tookToDecide(results, fault.from) - (fault.visibleAfter ?? 0);
      collector.add({ part: "diagnosis", name: fault.what, unit: "s" }, Math.max(0, seconds), {
        round,
        isOther: program.isOther,
        than: `${fault.what}: helm --wait`,
      });
    }
  });
  if (programs.length === 1) await measureHelmWait(faults, collector);
}

/** Installs the charts with the same values in one cluster, all at once, each in a namespace of its own. */
async function measureHelmWait(faults: readonly Fault[], collector: Collector): Promise<void> {
  await using machine = await startMachine({
    ...labEnvironment,
    LAB_ROOT_PROPAGATION: "shared",
    LAB_PARTS: "all",
  });
  await callByHand(machine, ["cluster"]);
  // One node has room for one node-exporter, and six stacks need none of what the faults leave alone.
  const off = { enabled: false };
  const others = {
    "prometheus-node-exporter": off,
    "kube-state-metrics": off,
    "prometheus-pushgateway": off,
    alertmanager: off,
  };
  await Promise.all(
    faults.map(async ({ what, config = "" }, index) => {
      const { apps } = parse(config) as { apps: Record<string, { values: object }> };
      const [[chart = "", { values } = { values: {} }] = []] = Object.entries(apps);
      const file = join(machine.folder, `values-${index}.yaml`);
      await writeFile(file, stringify(chart === "prometheus" ? { ...others, ...values } : values));
      const args = ["install", `try-${index}`, `try-${index}`, chart, "--values", file];
      const { seconds, exitCode, last } = await callByHand(machine, args);
      const said = exitCode === 0 ? "exits with 0: it does not see it" : String(last).slice(0, 160);
      const spec = { part: "diagnosis", name: `${what}: helm --wait`, unit: "s", note: said } as const;
      collector.add(spec, Number(seconds), { round: 0 });
    }),
  );
}
