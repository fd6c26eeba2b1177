import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClean, killed, startMonstack } from "./support/killed.ts";
import { type Machine, startMachine } from "./support/machine.ts";

const kubectl = join(process.cwd(), "lab/out/bin/kubectl");

describe("a run that doesn't end by itself", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("killed in the middle, `down` clears it from the journal alone", async () => {
    await killed(machine, 8);
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
    await expectClean(machine);
  });

  // Of a healthy stack nothing is left either; k3s' network policy controller is off in profile ci.
  it("a network policy's ipsets and the pods' tracked connections go with `down`", async () => {
    const up = await machine.monstack(["up", "--profile", "as-is"]);
    expect(up.exitCode, up.output).toBe(0);
    const policy = join(machine.folder, "policy.yaml");
    await writeFile(
      policy,
      `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: monitoring}
spec:
  podSelector: {}
  ingress: [{from: [{podSelector: {}}]}]
`,
    );
    const kubeconfig = join(machine.folder, "state/kubeconfig");
    const applied = await machine.run([kubectl, "--kubeconfig", kubeconfig, "apply", "-f", policy]);
    expect(applied.exitCode, applied.output).toBe(0);
    const sets = () => machine.run(["ipset", "list", "-name"]).then(({ stdout }) => stdout);
    await expect
      .poll(sets, { timeout: 30_000 })
      .toMatch(/KUBE-DST-[\s\S]*KUBE-SRC-|KUBE-SRC-[\s\S]*KUBE-DST-/);
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(down.output).toMatch(/removed \d+ ipsets/);
    expect(down.output).toMatch(/removed \d+ tracked connections/);
    expect(await sets()).toBe("");
    await expectClean(machine);
  });

  it("Ctrl-C tears down, with exit code 130", async () => {
    const started = startMonstack(machine, "run");
    // k3s is in the middle of its start.
    const isStarting = async () => (await machine.run(["pgrep", "-x", "containerd"])).exitCode === 0;
    await expect.poll(isStarting, { timeout: 60_000 }).toBe(true);
    await started.signal("INT");
    const ended = await started.finished;
    expect(ended.exitCode, ended.output).toBe(130);
    await expectClean(machine);
  });
});
