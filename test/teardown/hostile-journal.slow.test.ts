import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { removeKeys } from "../../src/journal/journal-key.ts";
import { explainForbiddenDataDir } from "../../src/journal/permitted.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { at, type Forged, sealedLines, unsealed, writeLines } from "./journal-files.ts";
import { createMachine, hostBefore, type Machine, startTime } from "./machine.ts";

const hasRoot = (await createHost()).rights !== "none";

/** What a hostile journal aims at: each is as it was, or it was obeyed. */
interface Targets {
  /** The test's own folder. */
  readonly root: string;
  readonly file: string;
  readonly tree: string;
  /** A process, its program, and a word of its command line: `ROOT/word`. */
  readonly running: string;
  readonly pid: number;
  readonly pidStart: string;
  /** A program that leaves `ran` behind. */
  readonly program: string;
  readonly ran: string;
  /** Its user runs the program (exec plugin). */
  readonly kubeconfig: string;
}

async function makeTargets({ root }: Machine): Promise<Targets> {
  const [file, tree, program, ran, kubeconfig] = ["file", "tree", "program", "ran", "kubeconfig"].map(
    (name) => join(root, "theirs", name),
  ) as [string, string, string, string, string];
  await mkdir(join(tree, "deep"), { recursive: true });
  await writeFile(join(tree, "deep/data"), "precious");
  await writeFile(file, "precious");
  await writeFile(program, `#!/bin/sh\necho ran >>'${ran}'\nexit 1\n`);
  await chmod(program, 0o755);
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: program, interactiveMode: "Never" };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:1" } }],
      users: [{ name: "u", user: { exec } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  const running = join(root, "theirs/bin/runs");
  await mkdir(dirname(running));
  await copyFile("/bin/bash", running);
  const loop = "while :; do read -t 1 <> <(:); done";
  const { pid = 0 } = spawn(running, ["-c", loop, "bash", join(root, "word")], { stdio: "ignore" });
  return { root, running, file, tree, pid, pidStart: await startTime(pid), program, ran, kubeconfig };
}

async function expectUnharmed(targets: Targets): Promise<void> {
  expect(await readFile(targets.file, "utf8")).toBe("precious");
  expect(await readFile(join(targets.tree, "deep/data"), "utf8")).toBe("precious");
  expect(existsSync(targets.ran), "a program was run").toBe(false);
  expect(await startTime(targets.pid)).toBe(targets.pidStart);
}

/** Never in the place of a real one: a fault in the code under test must not end a cluster of this host. */
const k3s = ({ root }: Targets) => ({
  kind: "k3s",
  at,
  binary: join(root, "bin/k3s"),
  dataDir: join(root, "var/k3s"),
  paths: [],
});
const cluster = (kubeconfig: string) => ({ kind: "cluster", at, clusterKind: "existing", kubeconfig });
const release = { kind: "release", at, name: "x", namespace: "y", helm: "/opt/helm" };

/** Each kind of harm, and the entries that were obeyed for it. */
const attacks: readonly (readonly [string, (targets: Targets) => Forged[]])[] = [
  ["writes any file", ({ file }) => [{ kind: "file", at, path: file, root: true, previous: "owned" }]],
  [
    "writes any file as the user",
    ({ file }) => [{ kind: "file", at, path: file, root: false, previous: "owned" }],
  ],
  ["removes any tree", ({ tree }) => [{ kind: "file", at, path: tree, root: true }]],
  ["removes any tree as the user", ({ tree }) => [{ kind: "file", at, path: tree, root: false }]],
  ["removes any tree as a temporary folder", ({ tree }) => [{ kind: "temporary", at, path: tree }]],
  [
    "removes any tree as k3s' data",
    (targets) => [{ ...k3s(targets), dataDir: targets.tree, paths: [targets.tree] }],
  ],
  ["removes any tree as a path of k3s'", (targets) => [{ ...k3s(targets), paths: [targets.tree] }]],
  [
    "removes any file as an image of k3s'",
    ({ tree }) => [{ kind: "file", at, path: `${tree}/deep/data`, root: true }],
  ],
  [
    "kills any process by its pid",
    ({ pid, pidStart: startTime }) => [{ kind: "process", at, name: "forward", pid, startTime }],
  ],
  [
    "kills any process by its pid, as k3s",
    (targets) => [
      k3s(targets),
      { kind: "process", at, name: "k3s", pid: targets.pid, startTime: targets.pidStart },
    ],
  ],
  [
    "kills any process by a word",
    ({ root }) => [{ kind: "starting", at, name: "forward", argument: `${root}/word` }],
  ],
  ["kills any process by its program", (targets) => [{ ...k3s(targets), binary: targets.running }]],
  [
    "kills any process by a folder of programs",
    (targets) => [{ ...k3s(targets), dataDir: dirname(targets.running) }],
  ],
  ["runs a program through an exec plugin", ({ kubeconfig }) => [cluster(kubeconfig), release]],
  [
    "runs a program as helm",
    ({ kubeconfig, program }) => [cluster(kubeconfig), { ...release, helm: program }],
  ],
  ["stops any unit", (targets) => [{ ...k3s(targets), unit: "monstack-nobody.service" }]],
  ["sets any kernel setting", () => [{ kind: "sysctl", at, key: "net.ipv4.conf.lo.tag", previous: "0" }]],
  [
    "sets a kernel setting to any value",
    () => [{ kind: "sysctl", at, key: "kernel.panic", previous: "1\n2" }],
  ],
  ["removes any route", () => [{ kind: "route", at, to: "0.0.0.0/0" }]],
  ["gives options to ip", () => [{ kind: "route", at, to: "-force" }]],
  ["forgets all connections", (targets) => [{ ...k3s(targets), networks: ["0.0.0.0/0"] }]],
  ["moves volumes anywhere", (targets) => [{ ...k3s(targets), at: "../../../../../tmp/x" }]],
  ["gives options to helm", () => [{ ...release, name: "--post-renderer=/bin/sh" }]],
  ["deletes any object", () => [{ kind: "namespace", at, name: "x/../../../nodes/y" }]],
  ["deletes any object as a definition", () => [{ kind: "crds", at, names: ["../../../api/v1/nodes/x"] }]],
  ["deletes any object as a service", () => [{ kind: "service", at, namespace: "a", name: "../secrets/x" }]],
  ["reads any object", () => [{ ...release, clusterObjects: [{ kind: "X", path: "/api/v1/%2e%2e/x" }] }]],
  ["breaks a line", () => [{ ...cluster("/tmp/kubeconfig"), context: "x\ny" }]],
  ["spells a path another way", (targets) => [{ ...k3s(targets), dataDir: `${targets.root}/./k3s` }]],
  [
    "climbs out of a folder",
    (targets) => [{ ...k3s(targets), dataDir: `${targets.root}/k3s/../theirs/k3s` }],
  ],
  ["is of an unknown kind", () => [{ kind: "disk", at }]],
  ["has more fields than it should", () => [{ kind: "keep-data", at, also: "this" }]],
];

/** A journal that begins as monstack's do. */
async function withBegin(machine: Machine, entries: readonly Forged[]): Promise<Forged[]> {
  return [{ kind: "begin", at, before: await hostBefore(machine), version: "0.1.0" }, ...entries];
}

async function outcomeOf(machine: Machine): Promise<string> {
  return await tearDown(machine.context, { stateDir: machine.stateDir }).then(
    ({ leaks }) => `left: ${leaks.map(({ what }) => what).join()}`,
    (error: Error) => `${error.message} ${String((error as { fix?: string }).fix)}`,
  );
}

describe("a journal that a stranger put into the state folder", () => {
  it.each(attacks)("%s: nothing of it is obeyed", async (_, entriesFor) => {
    await using machine = await createMachine();
    const targets = await makeTargets(machine);
    const path = await writeLines(machine.stateDir, unsealed(await withBegin(machine, entriesFor(targets))));
    const outcome = await outcomeOf(machine);
    await expectUnharmed(targets);
    expect(outcome).toContain(`${path}:1: a journal entry without a MAC`);
    expect(outcome).toContain("MONSTACK_ACCEPT_JOURNAL=");
    expect(existsSync(path)).toBe(true);
  });
});

describe.skipIf(!hasRoot)(
  "an entry that monstack can't have written, in a journal that its key proves",
  () => {
    it.each(attacks)("%s: nothing of it is obeyed", async (_, entriesFor) => {
      await using machine = await createMachine();
      const targets = await makeTargets(machine);
      const entries = await withBegin(machine, entriesFor(targets));
      await writeLines(machine.stateDir, await sealedLines(machine.context.host, machine.stateDir, entries));
      const outcome = await outcomeOf(machine);
      await expectUnharmed(targets);
      await removeKeys(machine.context.host, machine.stateDir);
      // A process and a program are not named by a path alone: they are left, and that is reported.
      expect(outcome).toMatch(/journal\.jsonl:\d+: not a|^left: /);
    });

    it("runs neither the kubeconfig's program nor the helm that it names, and says how to name them", async () => {
      await using machine = await createMachine();
      const targets = await makeTargets(machine);
      const entries = [cluster(targets.kubeconfig), { ...release, helm: targets.program }];
      await writeLines(machine.stateDir, await sealedLines(machine.context.host, machine.stateDir, entries));
      const { leaks } = await tearDown(machine.context, { stateDir: machine.stateDir });
      await expectUnharmed(targets);
      await removeKeys(machine.context.host, machine.stateDir);
      expect(leaks).toEqual([
        {
          kind: "release",
          what: `y/x (the cluster can't be asked: ${targets.kubeconfig} is not used: its user "u" runs a program (exec), and only the journal names this file)`,
        },
      ]);
    });
  },
);

it.skipIf(!hasRoot)("a data folder that is a link into the system is not removed", async () => {
  await using machine = await createMachine();
  const { host } = machine.context;
  const dataDir = join(machine.root, "k3s");
  await host.exec(["ln", "-s", "/etc", dataDir]);
  const entry = { ...k3s(await makeTargets(machine)), dataDir, paths: [dataDir] };
  const entries = await withBegin(machine, [entry]);
  await writeLines(machine.stateDir, await sealedLines(host, machine.stateDir, entries));
  expect(await outcomeOf(machine)).toContain(`k3s' data folder ${dataDir} is /etc, which can't be removed`);
  await removeKeys(host, machine.stateDir);
});

describe("a folder that k3s' data can't be in", () => {
  it.each([
    ...[
      "/etc/k3s",
      "/usr/lib/k3s",
      "/proc/1/k3s",
      "/bin/k3s",
      "/lib64/k3s",
      "/run/systemd",
      "/var/log/k3s",
      "/dev/k3s",
    ],
    ...[
      "/k3s",
      "/home/k3s",
      "/var/k3s",
      "/var/lib/rancher",
      "/var/lib/docker/k3s",
      "/var/lib/kubelet",
      "/boot/k3s",
    ],
  ])("is one of the system, whoever names it: %s", (path) => {
    expect(explainForbiddenDataDir(path, path)).toBe("it is a folder of the system");
  });

  it.each(["/srv/data", "/home/ann/photos", "/var/lib/postgresql", "/mnt/disk/k8s", "/opt/app"])(
    "is one that only the journal names: %s",
    (path) => {
      expect(explainForbiddenDataDir(path, undefined)).toContain("don't name it");
      expect(explainForbiddenDataDir(path, path)).toBeUndefined();
    },
  );

  it.each([
    ...[
      "/var/lib/rancher/k3s",
      "/mnt/ssd/k3s",
      "/home/ann/k3s-data",
      "/run/k3s-data",
      "/dev/shm/k3s",
      "/srv/rancher",
    ],
    ...["/root/k3s", "/tmp/x/state/k3s", "/usr/local/k3s", "/opt/k3s"],
  ])("is not one that k3s' users have: %s", (path) => {
    expect(explainForbiddenDataDir(path, undefined)).toBeUndefined();
  });
});
