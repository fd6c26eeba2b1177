import { describe, expect, it } from "vitest";
import { openJournal } from "../../src/journal/journal.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { writeKubeconfig } from "./cluster-config.ts";
import { type FakeCluster, type Stored, startFakeCluster } from "./fake-cluster.ts";
import { createMachine, hostBefore, type Machine } from "./machine.ts";

const at = "2026-11-02T09:12:01.500Z";

function definition(plural: string): Stored {
  const versions = [
    { name: "v1alpha1", served: false },
    { name: "v1", served: true },
  ];
  return {
    metadata: { name: `${plural}.example.com` },
    spec: { group: "example.com", names: { plural }, versions },
  };
}

/** Two definitions that the run brought along, and one that was there before. */
async function prepare(machine: Machine, cluster: FakeCluster): Promise<void> {
  const kubeconfig = await writeKubeconfig(machine, cluster);
  const journal = await openJournal(machine.context.host, machine.stateDir);
  await journal.append({ kind: "begin", at, before: await hostBefore(machine), version: "0.1.0" });
  await journal.append({ kind: "cluster", at, clusterKind: "existing", kubeconfig, context: "x" });
  await journal.append({ kind: "namespace", at, name: "monitoring" });
  await journal.append({ kind: "crds", at, names: ["gadgets.example.com", "widgets.example.com"] });
}

function world(objects: Record<string, Stored[]> = {}): Record<string, Stored[]> {
  const customresourcedefinitions = ["gadgets", "widgets", "theirs"].map(definition);
  return { namespaces: [{ metadata: { name: "monitoring" } }], customresourcedefinitions, ...objects };
}

const left = ({ store }: FakeCluster) =>
  store.customresourcedefinitions?.map(({ metadata }) => metadata.name.split(".")[0]);

describe("custom resource definitions that a run brought along", () => {
  it("go after all that was deployed, and others stay", async () => {
    await using machine = await createMachine();
    await using cluster = await startFakeCluster(
      world({ widgets: [{ metadata: { name: "ours", namespace: "monitoring" } }] }),
    );
    await prepare(machine, cluster);
    const { leaks } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([]);
    expect(left(cluster)).toEqual(["theirs"]);
    expect(cluster.deleted[0]).toBe("namespaces monitoring");
  });

  it("stay as long as anybody has objects of them, and that is told", async () => {
    await using machine = await createMachine();
    const of = (namespace: string) => ({ metadata: { name: "precious", namespace } });
    await using cluster = await startFakeCluster(world({ widgets: [of("shop"), of("bank")] }));
    await prepare(machine, cluster);
    const { leaks, kept } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([]);
    expect(kept).toContain(
      "custom resource definition widgets.example.com, which this run brought along: there is shop/precious and 1 more",
    );
    expect(left(cluster)).toEqual(["widgets", "theirs"]);
  });

  it("are a leak when they can't be deleted", async () => {
    await using machine = await createMachine();
    const store = world();
    const [gadgets] = store.customresourcedefinitions ?? [];
    if (gadgets) gadgets.metadata.finalizers = ["example.com/hold"];
    await using cluster = await startFakeCluster(store);
    await prepare(machine, cluster);
    const { leaks } = await tearDown(machine.context, { ...machine, clusterTimeoutMs: 1_000 });
    expect(leaks).toEqual([
      { kind: "crd", what: "gadgets.example.com (terminating, held by example.com/hold)" },
    ]);
  });
});
