import { describe, expect, it } from "vitest";
import { listKubeletServices } from "../../src/deploy/cluster-objects.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { app } from "../verify/rendered-stack.ts";
import { writeKubeconfig } from "./cluster-config.ts";
import { type FakeCluster, type Stored, startFakeCluster } from "./fake-cluster.ts";
import { createMachine, hostBefore, type Machine } from "./machine.ts";

const at = "2026-11-02T09:12:01.500Z";
const namespace = "kube-system";
const service = (name: string): Stored => ({ metadata: { name, namespace } });

async function prepare(machine: Machine, cluster: FakeCluster): Promise<void> {
  const kubeconfig = await writeKubeconfig(machine, cluster);
  const journal = await openJournal(machine.context.host, machine.stateDir);
  await journal.append({ kind: "begin", at, before: await hostBefore(machine), version: "0.1.0" });
  await journal.append({ kind: "cluster", at, clusterKind: "existing", kubeconfig, context: "x" });
  await journal.append({ kind: "namespace", at, name: "monitoring" });
  await journal.append({ kind: "service", at, namespace, name: "kps-kubelet" });
}

function world(own: Stored): Record<string, Stored[]> {
  return { namespaces: [{ metadata: { name: "monitoring" } }], services: [own, service("kube-dns")] };
}

describe("a service that an operator makes for the kubelets", () => {
  it("is named by the operator's argument", () => {
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "operator", namespace: "monitoring" },
      spec: {
        template: { spec: { containers: [{ args: ["--kubelet-service=kube-system/kps-kubelet", "--x"] }] } },
      },
    };
    expect(listKubeletServices([app("kps", [deployment])])).toEqual([{ namespace, name: "kps-kubelet" }]);
  });

  it("goes with the rest, and others stay", async () => {
    await using machine = await createMachine();
    await using cluster = await startFakeCluster(world(service("kps-kubelet")));
    await prepare(machine, cluster);
    const { leaks } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([]);
    expect(cluster.store.services?.map(({ metadata }) => metadata.name)).toEqual(["kube-dns"]);
  });

  it("is a leak when it can't be deleted", async () => {
    await using machine = await createMachine();
    const held = service("kps-kubelet");
    held.metadata.finalizers = ["example.com/hold"];
    await using cluster = await startFakeCluster(world(held));
    await prepare(machine, cluster);
    const { leaks } = await tearDown(machine.context, { ...machine, clusterTimeoutMs: 1_000 });
    expect(leaks).toEqual([
      {
        kind: "cluster-object",
        what: "Service kube-system/kps-kubelet (terminating, held by example.com/hold)",
      },
    ]);
  });
});
