import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { persistentApps } from "../e2e/support/apps.ts";
import { startForeignCluster } from "../e2e/support/cluster.ts";
import { type Machine, startMachine } from "../e2e/support/machine.ts";
import { seconds } from "../e2e/support/results.ts";

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

  /** Its contents once k3s has applied its packaged manifests and each namespace has what the controllers make in it. */
  async function contentsOnceStarted(): Promise<string[]> {
    let found: string[] = [];
    await expect
      .poll(
        async () => {
          const earlier = found;
          found = await contents();
          const count = (name: string) => found.filter((one) => one === name).length;
          const namespaces = found.filter((one) => one.startsWith("namespace/")).length;
          return {
            packaged: count("deployment.apps/coredns") + count("deployment.apps/local-path-provisioner"),
            namespacesWithoutAccount: namespaces - count("serviceaccount/default"),
            namespacesWithoutAuthority: namespaces - count("configmap/kube-root-ca.crt"),
            isSettled: isDeepStrictEqual(found, earlier),
          };
        },
        { interval: 4000, timeout: 90_000 },
      )
      .toEqual({
        packaged: 2,
        namespacesWithoutAccount: 0,
        namespacesWithoutAuthority: 0,
        isSettled: true,
      });
    return found;
  }

  it("is verified through its API server, gets its volumes back with all that is in them, and keeps everything it had", async () => {
    await machine.run(["ln", "-sf", `${process.cwd()}/lab/out/bin/kubectl`, "/usr/local/bin/kubectl"]);
    const before = await contentsOnceStarted();
    const config = join(machine.folder, "monstack.yaml");
    await writeFile(config, persistentApps);
    const run = await machine.monstack(["run", "--kubeconfig", kubeconfig]);
    await rm(config);
    expect(run.exitCode, run.output).toBe(0);
    const results = await machine.results();
    expect(results).toMatchObject({ verified: true, teardown: { leaks: [] } });
    console.log(`existing cluster: ${run.seconds.toFixed(1)} s, ${seconds(results)}`);
    expect(results.checks.find(({ id }) => id === "workloads-healthy")?.seen).toContain("3 PVCs");
    expect(await contents()).toEqual(before);
    // The provisioner's helper pods empty them a little after the volumes are gone from the API.
    const folders = () => machine.run(["ls", "-A", "/var/lib/rancher/k3s/storage"]);
    await expect.poll(async () => (await folders()).stdout, { timeout: 20_000 }).toBe("");
    expect((await folders()).exitCode).toBe(0);
    const rules = await machine.run(["bash", "-c", "iptables-save | grep -c KUBE-SERVICES"]);
    expect(Number(rules.stdout)).toBeGreaterThan(0);
  });

  it("keeps a release of somebody else's that has the name of one of ours, and says so", async () => {
    const helm = (...argv: string[]) =>
      machine.run([`${process.cwd()}/lab/out/bin/helm`, ...argv, "--kubeconfig", kubeconfig]);
    const chart = join(machine.folder, "theirs");
    await machine.run(["mkdir", "-p", join(chart, "templates")]);
    await writeFile(join(chart, "Chart.yaml"), "apiVersion: v2\nname: theirs\nversion: 1.2.3\n");
    const settings =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs}\ndata: {precious: yes-it-is}\n";
    await writeFile(join(chart, "templates", "settings.yaml"), settings);
    const theirs = await helm("install", "grafana", chart, "-n", "monitoring", "--create-namespace");
    expect(theirs.exitCode, theirs.output).toBe(0);
    const before = await contents();

    const run = await machine.monstack(["run", "--kubeconfig", kubeconfig]);
    expect(run.exitCode, run.output).toBe(3);
    expect(run.stderr).toMatch(
      /error: .*[Rr]elease monitoring\/grafana is in the cluster already \(theirs-1\.2\.3, deployed, /,
    );
    expect(run.stderr).toMatch(/to fix it: .*apps\.grafana\.release/);
    expect(await machine.results()).toMatchObject({ verified: false, teardown: { leaks: [] } });
    expect(await contents()).toEqual(before);
    const history = await helm("history", "grafana", "-n", "monitoring", "-o", "json");
    expect(JSON.parse(history.stdout)).toMatchObject([{ revision: 1, status: "deployed" }]);

    await helm("uninstall", "grafana", "-n", "monitoring");
    await machine.run(["kubectl", "--kubeconfig", kubeconfig, "delete", "namespace", "monitoring"]);
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
