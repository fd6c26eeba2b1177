import { spawn } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import { removeKeys } from "../../src/journal/journal-key.ts";
import { readProcesses } from "../../src/journal/processes.ts";
import type { HostSnapshot, Known, Leak } from "../../src/journal/types.ts";
import { k3sParents, k3sPaths, takeSnapshot } from "../../src/teardown/snapshot.ts";
import { createRecordingLogger, type RecordingLogger } from "../support/recording-logger.ts";

export interface Machine extends AsyncDisposable {
  readonly context: Context & { readonly log: RecordingLogger };
  /** An empty folder for everything in the test. */
  readonly root: string;
  readonly stateDir: string;
  /** What the settings of a call in this folder would name. */
  readonly known: Known;
  /** The pids of processes whose command line names this test's folder. */
  running(): Promise<number[]>;
}

export async function createMachine(): Promise<Machine> {
  const host = await createHost();
  const root = await realpath(await mkdtemp(join(tmpdir(), "teardown-")));
  const running = async () =>
    (await readProcesses(host))
      .filter(({ argv }) => argv.some((word) => word.includes(root)))
      .map(({ pid }) => pid);
  return {
    context: { host, log: createRecordingLogger(), signal: new AbortController().signal },
    root,
    stateDir: join(root, "state"),
    known: { helm: join(root, "helm"), kubeconfig: join(root, "kubeconfig") },
    running,
    [Symbol.asyncDispose]: async () => {
      for (const pid of await running()) process.kill(pid, "SIGKILL");
      await removeKeys(host, join(root, "state"));
      await rm(root, { recursive: true, force: true });
    },
  };
}

/**
 * The host as it is, for a journal. Says that there was a cluster already, so that no test touches one that somebody
 * starts meanwhile, nor the places that it has in common with a k3s of ours.
 */
export async function hostBefore({ context }: Machine): Promise<HostSnapshot> {
  const before = await takeSnapshot(context.host);
  const add = (there: readonly string[], more: readonly string[]) => [...new Set([...there, ...more])];
  return {
    ...before,
    cgroups: add(before.cgroups, await allKubepods()),
    processes: add(before.processes, ["1 kubelet"]),
    paths: add(before.paths, [...k3sPaths, ...k3sParents]),
  };
}

/** Without what is said of the rest of the host, which `hostBefore` doesn't tell the truth about. */
export function ofThisTest({ root }: Machine, leaks: readonly Leak[]): Leak[] {
  return leaks.filter(({ what }) => what.includes(root));
}

/** Where a kubelet's cgroups are: version 2 has one hierarchy, version 1 one for each controller. */
async function allKubepods(): Promise<string[]> {
  const top = "/sys/fs/cgroup";
  const folders = await readdir(top, { withFileTypes: true }).catch(() => []);
  const hierarchies = folders.filter((entry) => entry.isDirectory()).map(({ name }) => join(top, name));
  return [top, ...hierarchies].flatMap((folder) =>
    ["kubepods", "kubepods.slice", "k3s"].map((name) => join(folder, name)),
  );
}

export interface FakeK3s {
  readonly binary: string;
  readonly dataDir: string;
  /** The server's. */
  readonly pid: number;
}

/**
 * Real processes, as k3s leaves them: a server, and a shim in a session of its own with a pod's processes below it.
 * The programs are copies of bash, so that each has the executable that k3s' would have; they ignore SIGTERM.
 */
export async function startFakeK3s({ root, running }: Machine): Promise<FakeK3s> {
  const binary = join(root, "bin/k3s");
  const dataDir = join(root, "var/lib/rancher/k3s");
  const shim = join(dataDir, "data/0f1e/bin/containerd-shim-runc-v2");
  for (const program of [binary, shim]) {
    await mkdir(dirname(program), { recursive: true });
    await copyFile("/bin/bash", program);
    await chmod(program, 0o755);
  }
  const pod = `trap "" TERM; (while :; do sleep 0.2; done; echo ${root}) & while :; do sleep 0.2; done; echo ${root}`;
  const server = `trap "" TERM; setsid '${shim}' -c '${pod}' & while :; do sleep 0.2; done`;
  const { pid = 0 } = spawn(binary, ["-c", server, "server"], { detached: true, stdio: "ignore" });
  const deadline = Date.now() + 5_000;
  while ((await running()).length < 3) {
    if (Date.now() > deadline) throw new Error("the fake k3s did not start");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { binary, dataDir, pid };
}

/** Field 22 of /proc/PID/stat, read here without the code under test. */
export async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
