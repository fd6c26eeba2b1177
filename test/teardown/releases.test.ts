import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { openJournal } from "../../src/journal/journal.ts";
import type { JournalEntry } from "../../src/journal/types.ts";
import { archiveFile, getEntryFolder } from "../../src/sources/tools/cache.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { tarGz } from "../sources/archives.ts";
import { writeKubeconfig } from "./cluster-config.ts";
import { type FakeCluster, type Stored, startFakeCluster } from "./fake-cluster.ts";
import { createMachine, hostBefore, type Machine } from "./machine.ts";

const at = "2026-11-02T09:12:01.500Z";
const earlier = "2026-11-01T00:00:00Z";
// The cluster's clock is behind ours.
const installed = "2026-11-02T09:10:00Z";
const later = "2026-11-02T09:10:09Z";

const ofRelease = (release: string) => ({ "app.kubernetes.io/instance": release });
const byHelm = (release: string) => ({
  "meta.helm.sh/release-name": release,
  "meta.helm.sh/release-namespace": "monitoring",
});

/** Prometheus and Grafana in `monitoring`, next to what belongs to others. */
function deployed(): Record<string, Stored[]> {
  const claim = (name: string, creationTimestamp: string, labels = {}): Stored => ({
    metadata: { name, namespace: "monitoring", creationTimestamp, labels },
    spec: { volumeName: `pv-${name}` },
  });
  const volume = (name: string): Stored => ({
    metadata: { name },
    spec: { persistentVolumeReclaimPolicy: "Delete" },
  });
  const record = (name: string): Stored => ({
    metadata: {
      name: `sh.helm.release.v1.${name}.v1`,
      namespace: "monitoring",
      labels: { owner: "helm", name },
      creationTimestamp: installed,
    },
  });
  return {
    namespaces: [{ metadata: { name: "monitoring" } }, { metadata: { name: "default" } }],
    secrets: [record("prometheus"), record("grafana"), record("theirs")],
    persistentvolumeclaims: [
      claim("storage-prometheus-alertmanager-0", later, ofRelease("prometheus")),
      claim("from-last-year", earlier, ofRelease("prometheus")),
      claim("theirs", later, ofRelease("theirs")),
    ],
    persistentvolumes: ["storage-prometheus-alertmanager-0", "from-last-year", "theirs"].map((name) =>
      volume(`pv-${name}`),
    ),
    clusterroles: [
      { metadata: { name: "prometheus-server", annotations: byHelm("prometheus") } },
      {
        metadata: {
          name: "theirs",
          labels: ofRelease("prometheus"),
          annotations: { ...byHelm("prometheus"), "meta.helm.sh/release-namespace": "elsewhere" },
        },
      },
      { metadata: { name: "admin" } },
    ],
    clusterrolebindings: [{ metadata: { name: "prometheus-server", annotations: byHelm("prometheus") } }],
  };
}

/** A helm that takes the release away from the fake cluster, or fails with what it was given. */
async function prepare(
  machine: Machine,
  cluster: FakeCluster,
  entries: JournalEntry[],
  helmFails = "",
): Promise<void> {
  const helm = join(machine.root, "helm");
  const script = helmFails
    ? `#!/bin/sh\necho '${helmFails}' >&2; exit 1\n`
    : `#!/bin/sh
[ "$1 $3 $4" = "uninstall --kubeconfig ${machine.root}/kubeconfig" ] || exit 9
exec ${process.execPath} -e 'fetch(process.argv[1], { method: "DELETE" })' "${cluster.url}/release/$6/$2"
`;
  await writeFile(helm, script, { mode: 0o755 });
  const kubeconfig = await writeKubeconfig(machine, cluster);
  const journal = await openJournal(machine.context.host, machine.stateDir);
  await journal.append({ kind: "begin", at, before: await hostBefore(machine), version: "0.1.0" });
  await journal.append({ kind: "cluster", at, clusterKind: "existing", kubeconfig, context: "x" });
  for (const entry of entries) await journal.append(entry);
  for (const name of ["prometheus", "grafana"]) {
    const clusterObjects = ["ClusterRole", "ClusterRoleBinding"].flatMap((kind) =>
      [`${name}-server`, "theirs"].map((own) => ({
        kind,
        path: `/apis/rbac.authorization.k8s.io/v1/${kind.toLowerCase()}s/${own}`,
      })),
    );
    await journal.append({ kind: "release", at, name, namespace: "monitoring", helm, clusterObjects });
  }
}

const namespace: JournalEntry = { kind: "namespace", at, name: "monitoring" };
const names = (cluster: FakeCluster, resource: string) =>
  cluster.store[resource]?.map(({ metadata }) => metadata.name);

describe("teardown on a cluster that stays", () => {
  it("takes back only what was deployed, in a namespace that was there before", async () => {
    await using machine = await createMachine();
    await using cluster = await startFakeCluster(deployed());
    await prepare(machine, cluster, []);
    const { leaks, kept } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([]);
    expect(names(cluster, "persistentvolumeclaims")).toEqual(["from-last-year", "theirs"]);
    expect(names(cluster, "persistentvolumes")).toEqual(["pv-from-last-year", "pv-theirs"]);
    expect(names(cluster, "clusterroles")).toEqual(["theirs", "admin"]);
    expect(names(cluster, "secrets")).toEqual(["sh.helm.release.v1.theirs.v1"]);
    expect(kept.join()).toContain("namespace monitoring");
    expect(existsSync(machine.stateDir)).toBe(false);
  });

  it("deletes a namespace that it made, with all in it, after the releases", async () => {
    await using machine = await createMachine();
    await using cluster = await startFakeCluster(deployed());
    await prepare(machine, cluster, [namespace]);
    expect((await tearDown(machine.context, machine)).leaks).toEqual([]);
    expect(names(cluster, "namespaces")).toEqual(["default"]);
    expect(cluster.deleted.at(-1)).toBe("namespaces monitoring");
    expect(names(cluster, "persistentvolumeclaims")).toEqual([]);
  });

  it("names what keeps a thing from going", async () => {
    await using machine = await createMachine();
    const store = deployed();
    const [held] = store.persistentvolumeclaims ?? [];
    if (held) held.metadata.finalizers = ["example.com/backup"];
    await using cluster = await startFakeCluster(store);
    await prepare(machine, cluster, []);
    const { leaks } = await tearDown(machine.context, { ...machine, clusterTimeoutMs: 1_000 });
    expect(leaks).toEqual([
      {
        kind: "pvc",
        what: "monitoring/storage-prometheus-alertmanager-0 (terminating, held by example.com/backup)",
      },
      { kind: "pv", what: "pv-storage-prometheus-alertmanager-0" },
    ]);
    expect(existsSync(join(machine.stateDir, "journal.jsonl"))).toBe(true);
  });

  it("says why a volume stays that is to be retained", async () => {
    await using machine = await createMachine();
    const store = deployed();
    const [volume] = store.persistentvolumes ?? [];
    if (volume?.spec) volume.spec.persistentVolumeReclaimPolicy = "Retain";
    await using cluster = await startFakeCluster(store);
    await prepare(machine, cluster, []);
    const { leaks } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([
      { kind: "pv", what: "pv-storage-prometheus-alertmanager-0 (its reclaim policy is Retain)" },
    ]);
  });

  it("lists a release that helm could not uninstall, with its cluster roles", async () => {
    await using machine = await createMachine();
    await using cluster = await startFakeCluster(deployed());
    await prepare(machine, cluster, [], "Error: hook failed");
    const { leaks } = await tearDown(machine.context, machine);
    expect(leaks.map(({ kind, what }) => `${kind} ${what}`)).toEqual([
      "release monitoring/prometheus",
      "release monitoring/grafana",
      "cluster-object ClusterRole prometheus-server",
      "cluster-object ClusterRoleBinding prometheus-server",
    ]);
    expect(machine.context.log.lines.map(({ message }) => message)).toContain(
      "could not uninstall grafana: Error: hook failed",
    );
  });

  it("is fine with releases that never came to be", async () => {
    await using machine = await createMachine();
    const empty = {
      namespaces: [],
      secrets: [],
      persistentvolumeclaims: [],
      persistentvolumes: [],
      clusterroles: [],
      clusterrolebindings: [],
    };
    await using cluster = await startFakeCluster(empty);
    await prepare(
      machine,
      cluster,
      [namespace],
      "Error: uninstall: Release not loaded: grafana: release: not found",
    );
    expect((await tearDown(machine.context, machine)).leaks).toEqual([]);
  });

  it("proves nothing by a cluster that doesn't answer", async () => {
    await using machine = await createMachine();
    const cluster = await startFakeCluster(deployed());
    await prepare(machine, cluster, [namespace]);
    await cluster[Symbol.asyncDispose]();
    const { leaks } = await tearDown(machine.context, machine);
    expect(leaks.map(({ kind }) => kind)).toEqual(["release", "release", "namespace"]);
    expect(leaks[0]?.what).toContain("the cluster can't be asked");
  });
});

describe("teardown on a cluster that stays, where the data is to stay", () => {
  /** Helm deletes the first claim with its release, and leaves the second one of a StatefulSet. */
  function withData(): Record<string, Stored[]> {
    const store = deployed();
    const claim = (name: string, annotations: Record<string, string>): Stored => ({
      metadata: {
        ...{ name, namespace: "monitoring", creationTimestamp: later },
        labels: { ...ofRelease("prometheus"), "app.kubernetes.io/managed-by": "Helm" },
        annotations: { ...annotations, "pv.kubernetes.io/bind-completed": "yes" },
      },
      spec: { volumeName: `pv-${name}`, resources: { requests: { storage: "3Gi" } } },
      status: { phase: "Bound" },
    });
    const volume = (name: string, policy = "Delete"): Stored => ({
      metadata: { name: `pv-${name}` },
      spec: {
        persistentVolumeReclaimPolicy: policy,
        claimRef: { namespace: "monitoring", name, uid: "old" },
      },
    });
    store.persistentvolumeclaims = [
      claim("prometheus-server", byHelm("prometheus")),
      claim("storage-prometheus-alertmanager-0", {}),
    ];
    store.persistentvolumes = [volume("prometheus-server"), volume("storage-prometheus-alertmanager-0")];
    return store;
  }
  const keep: JournalEntry = { kind: "keep-data", at };

  it("keeps claims, volumes and their namespace, also what helm deletes, as the next release can take them over", async () => {
    await using machine = await createMachine();
    await using cluster = await startFakeCluster(withData());
    await prepare(machine, cluster, [namespace, keep]);
    const { leaks, kept } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([]);
    expect(kept).toEqual([
      `the cluster of ${machine.root}/kubeconfig`,
      "claim monitoring/prometheus-server with volume pv-prometheus-server",
      "claim monitoring/storage-prometheus-alertmanager-0 with volume pv-storage-prometheus-alertmanager-0",
      "namespace monitoring, for the claims in it",
    ]);
    expect(cluster.deleted).toContain("release prometheus");
    expect(names(cluster, "namespaces")).toContain("monitoring");
    const made = cluster.store.persistentvolumeclaims?.find(
      ({ metadata }) => metadata.name === "prometheus-server",
    );
    expect(made?.metadata.annotations).toEqual(byHelm("prometheus"));
    expect(made?.metadata.labels).toMatchObject({ "app.kubernetes.io/managed-by": "Helm" });
    expect(made?.spec).toMatchObject({ volumeName: "pv-prometheus-server" });
    for (const volume of cluster.store.persistentvolumes ?? []) {
      expect(volume.spec?.persistentVolumeReclaimPolicy).toBe("Delete");
      expect(volume.metadata.annotations ?? {}).toEqual({});
    }
    expect(existsSync(machine.stateDir)).toBe(false);
  });

  it("goes on where a killed teardown ended, with the claim gone already", async () => {
    await using machine = await createMachine();
    const store = withData();
    const [claim] = store.persistentvolumeclaims ?? [];
    store.persistentvolumeclaims = [];
    const [volume] = store.persistentvolumes ?? [];
    const mark = JSON.stringify({ claim, policy: "Delete" });
    if (volume) volume.metadata.annotations = { "monstack/kept-claim": mark };
    await using cluster = await startFakeCluster(store);
    await prepare(machine, cluster, [namespace, keep]);
    const { leaks, kept } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([]);
    expect(kept).toContain("claim monitoring/prometheus-server with volume pv-prometheus-server");
    expect(names(cluster, "persistentvolumeclaims")).toEqual(["prometheus-server"]);
  });

  it("uninstalls nothing when a volume can't be protected", async () => {
    await using machine = await createMachine();
    const store = withData();
    store.persistentvolumes = [];
    await using cluster = await startFakeCluster(store);
    await prepare(machine, cluster, [namespace, keep]);
    const { leaks } = await tearDown(machine.context, machine);
    expect(leaks.map(({ kind }) => kind)).toEqual(["release", "release", "namespace"]);
    expect(leaks[0]?.what).toMatch(/its data can't be kept: .*404/s);
    expect(cluster.deleted).toEqual([]);
  });

  it("is overruled by whoever tears down", async () => {
    await using machine = await createMachine();
    await using cluster = await startFakeCluster(withData());
    await prepare(machine, cluster, [namespace, keep]);
    const { leaks } = await tearDown(machine.context, { ...machine, keepData: false });
    expect(leaks).toEqual([]);
    expect(names(cluster, "persistentvolumeclaims")).toEqual([]);
    expect(names(cluster, "persistentvolumes")).toEqual([]);
  });
});

describe("a program that only the journal names", () => {
  it("is not run as helm, unless it is the cache's, and the release is reported", async () => {
    for (const inCache of ["no", "changed", "genuine"]) {
      await using machine = await createMachine();
      await using cluster = await startFakeCluster(deployed());
      const ran = join(machine.root, "ran");
      const script = `#!/bin/sh\necho "$*" >'${ran}'; cp "$4" '${ran}.kubeconfig'; exit 1\n`;
      const kubeconfig = await writeKubeconfig(machine, cluster);
      const host = {
        ...machine.context.host,
        env: { ...machine.context.host.env, XDG_CACHE_HOME: join(machine.root, "cache") },
      };
      const archive = tarGz({ name: `linux-${host.arch}/helm`, content: script });
      const digest = createHash("sha256").update(archive).digest("hex");
      const entry = getEntryFolder(host, { name: "helm", version: "v4.1.4", sha256: digest });
      const helm = join(inCache === "no" ? join(machine.root, "tools") : entry, "helm");
      await mkdir(dirname(helm), { recursive: true, mode: 0o700 });
      await writeFile(join(dirname(helm), archiveFile), archive);
      await writeFile(helm, inCache === "changed" ? `${script}#` : script, { mode: 0o755 });
      const journal = await openJournal(host, machine.stateDir);
      await journal.append({ kind: "begin", at, before: await hostBefore(machine), version: "0.1.0" });
      await journal.append({ kind: "cluster", at, clusterKind: "existing", kubeconfig, context: "x" });
      await journal.append({ kind: "release", at, name: "grafana", namespace: "monitoring", helm });
      const { leaks } = await tearDown({ ...machine.context, host }, { stateDir: machine.stateDir });
      expect(leaks).toContainEqual({ kind: "release", what: "monitoring/grafana" });
      expect(existsSync(ran)).toBe(inCache === "genuine");
      const log = machine.context.log.lines.map(({ message }) => message).join();
      if (inCache !== "genuine") {
        expect(log).toContain(`${helm} is not run: it is not a verified program of monstack's cache`);
        continue;
      }
      // Helm is given what was checked, and not the file.
      expect(await readFile(`${ran}.kubeconfig`, "utf8")).toContain(cluster.url);
      expect(await readFile(ran, "utf8")).not.toContain(kubeconfig);
    }
  });

  it("is run through a kubeconfig where this call or the environment names the file, as kubectl does", async () => {
    for (const named of ["no", "setting", "KUBECONFIG", "HOME"]) {
      await using machine = await createMachine();
      await using cluster = await startFakeCluster(deployed());
      const ran = join(machine.root, "ran");
      const plugin = join(machine.root, "plugin");
      await writeFile(plugin, `#!/bin/sh\necho ran >>'${ran}'; exit 1\n`, { mode: 0o755 });
      const exec = {
        apiVersion: "client.authentication.k8s.io/v1",
        command: plugin,
        interactiveMode: "Never",
      };
      const kubeconfig = join(machine.root, ".kube/config");
      const text = JSON.parse(await readFile(await writeKubeconfig(machine, cluster), "utf8"));
      await mkdir(dirname(kubeconfig));
      await writeFile(kubeconfig, JSON.stringify({ ...text, users: [{ name: "u", user: { exec } }] }));
      const env = {
        ...machine.context.host.env,
        ...(named === "KUBECONFIG" && { KUBECONFIG: `/elsewhere:${kubeconfig}` }),
        HOME: named === "HOME" ? machine.root : "/nowhere",
      };
      const host = { ...machine.context.host, env };
      const journal = await openJournal(host, machine.stateDir);
      await journal.append({ kind: "begin", at, before: await hostBefore(machine), version: "0.1.0" });
      await journal.append({ kind: "cluster", at, clusterKind: "existing", kubeconfig, context: "x" });
      await journal.append({ kind: "namespace", at, name: "monitoring" });
      const known = named === "setting" ? { kubeconfig } : {};
      await tearDown({ ...machine.context, host }, { stateDir: machine.stateDir, known });
      expect([named, existsSync(ran)]).toEqual([named, named !== "no"]);
    }
  });
});
