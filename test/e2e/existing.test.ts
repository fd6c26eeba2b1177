import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startForeignCluster } from "./support/cluster.ts";
import { type Machine, startMachine } from "./support/machine.ts";
import { seconds } from "./support/results.ts";

describe("an existing cluster", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine({ LAB_ROOT_PROPAGATION: "shared" });
    await startForeignCluster(machine);
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  const kubeconfig = "/etc/rancher/k3s/k3s.yaml";

  /** All that a deployment could leave in the cluster, by kind and name. */
  async function contents(): Promise<string[]> {
    const kinds = "namespaces,clusterroles,clusterrolebindings,pv,pvc,all,secrets,configmaps,serviceaccounts";
    const list = await machine.run(["kubectl", "--kubeconfig", kubeconfig, "get", kinds, "-A", "-o", "name"]);
    expect(list.exitCode, list.output).toBe(0);
    return list.stdout
      .split("\n")
      .filter((line) => line !== "" && !/event|pod\/|endpointslice/.test(line))
      .sort();
  }

  it("is verified through its API server, and keeps everything it had", async () => {
    await machine.run(["ln", "-sf", `${process.cwd()}/lab/out/bin/kubectl`, "/usr/local/bin/kubectl"]);
    // Started a moment ago, it still makes objects of its own.
    let before = await contents();
    await expect
      .poll(
        async () => {
          const earlier = before;
          before = await contents();
          return before.length - earlier.length;
        },
        { interval: 4000, timeout: 60_000 },
      )
      .toBe(0);
    const run = await machine.monstack(["run", "--kubeconfig", kubeconfig]);
    expect(run.exitCode, run.output).toBe(0);
    const results = await machine.results();
    expect(results).toMatchObject({ verified: true, teardown: { leaks: [] } });
    console.log(`existing cluster: ${run.seconds.toFixed(1)} s, ${seconds(results)}`);
    expect(await contents()).toEqual(before);
    const rules = await machine.run(["bash", "-c", "iptables-save | grep -c KUBE-SERVICES"]);
    expect(Number(rules.stdout)).toBeGreaterThan(0);
  });

  it("says so when the context is unknown", async () => {
    const run = await machine.monstack(["run", "--kubeconfig", kubeconfig, "--context", "nowhere"]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/nowhere.*default/s);
  });

  it("a new k3s is refused on a machine that has one, and that one is kept", async () => {
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(3);
    expect(run.stderr).toMatch(/k3s/);
    const nodes = await machine.run(["kubectl", "--kubeconfig", kubeconfig, "get", "nodes"]);
    expect(nodes.stdout).toContain(" Ready");
  });
});
