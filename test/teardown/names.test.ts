import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Host } from "../../src/host/host.ts";
import { findExisting } from "../../src/host/paths.ts";
import { openJournal } from "../../src/journal/journal.ts";
import {
  endProcesses,
  parseStat,
  readProcesses,
  selectWithDescendants,
} from "../../src/journal/processes.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { getKeptVolumesFolder, moveVolumeFolders } from "../../src/teardown/keep-claims.ts";
import { removeRules } from "../../src/teardown/netfilter.ts";
import { readExecutables } from "../../src/teardown/programs.ts";
import { takeSnapshot } from "../../src/teardown/snapshot.ts";
import { belongsToCluster } from "../../src/teardown/units.ts";
import { randomFrom } from "../fuzz/random.ts";
import { networkNamespace } from "../support/network-namespace.ts";
import { canBeOthers, isAlive, otherUser, startProcess } from "./hostile.ts";
import { createMachine } from "./machine.ts";
import { checkRandomFolders, checkRandomNames } from "./random-names.ts";

const entry = {
  kind: "k3s",
  at: "2026-11-02T09:12:01.000Z",
  binary: "/nowhere/k3s",
  dataDir: "/nowhere/data",
  unit: undefined,
  paths: [],
} as const;

// Another user's process, and a network of its own for what root is made to run, need root.
describe.skipIf(!canBeOthers)("what root is made to run", () => {
  it("is nothing that a path of an executable with line breaks in it names", async () => {
    await using machine = await createMachine();
    await chmod(machine.root, 0o755);
    await using network = await networkNamespace(machine.context.host);
    const proof = join(machine.root, "root-ran-it");
    const tool = join(machine.root, "own/iptables");
    await mkdir(join(machine.root, "own"));
    await writeFile(`${tool}-restore`, `#!/bin/sh\ntouch ${proof}\n`, { mode: 0o755 });
    const forged = `${machine.root}/x\n## ${tool}\n*nat\n:KUBE-EVIL - [0:0]\nCOMMIT\n## rest/sleep`;
    const before = await takeSnapshot(network.host);
    await using _ = await startProcess({ path: forged, ...otherUser });
    const now = await takeSnapshot(network.host);
    await removeRules(network.host, { entry, before }, now);
    expect(existsSync(proof)).toBe(false);
    expect(now.iptables.filter((line) => line.includes("KUBE-EVIL"))).toEqual([]);
  });

  it("is not taken from the current folder where the host lacks one", async () => {
    await using machine = await createMachine();
    const hidden = ["/usr/sbin/ipset", "/sbin/ipset", "/usr/sbin/nft", "/sbin/nft"];
    await using network = await networkNamespace(machine.context.host, hidden);
    const proof = join(machine.root, "root-ran-it");
    for (const name of ["ipset", "nft"])
      await writeFile(join(machine.root, name), `#!/bin/sh\ntouch ${proof}\n`, { mode: 0o755 });
    const goThere = ["sh", "-c", 'cd "$1"; shift; exec "$@"', "cd", machine.root] as const;
    const exec: Host["exec"] = (argv, options) =>
      network.host.exec(options?.root ? [...goThere, ...argv] : argv, options);
    await takeSnapshot({ ...network.host, exec });
    await takeSnapshot({ ...network.host, exec }, [{ binary: "/x", dataDir: "own:.:" }]);
    expect(existsSync(proof)).toBe(false);
  });
});

describe("processes that a local user chose the names of", () => {
  const isIn = (processes: readonly string[], pid: number) =>
    processes.some((one) => one.startsWith(`${pid} `));

  it.skipIf(!canBeOthers)(
    "make nobody else's process the cluster's by a path with line breaks and an arrow",
    async () => {
      await using machine = await createMachine();
      await chmod(machine.root, 0o755);
      await using victim = await startProcess({});
      const traces = [{ binary: join(machine.root, "bin/k3s"), dataDir: join(machine.root, "data") }];
      const line = `lrwxrwxrwx 1 root root 0 Jan 1 00:00 /proc/${victim.pid}/exe -> ${traces[0]?.binary}`;
      await using forger = await startProcess({ path: `${machine.root}/x\n${line}\n/sleep`, ...otherUser });
      for (const rights of ["root", "sudo"] as const) {
        const { processes } = await takeSnapshot({ ...machine.context.host, rights }, traces);
        expect([victim, forger].filter(({ pid }) => isIn(processes, pid))).toEqual([]);
      }
    },
  );

  it.skipIf(!canBeOthers)(
    "are another user's own, whatever command line and executable they have",
    async () => {
      await using machine = await createMachine();
      await chmod(machine.root, 0o755);
      const traces = [{ binary: join(machine.root, "bin/k3s"), dataDir: join(machine.root, "data") }];
      const binary = traces[0]?.binary ?? "";
      const k3s = { path: binary, argv: [binary, "300"] };
      await using forger = await startProcess({ ...k3s, ...otherUser });
      await using ours = await startProcess(k3s);
      const { processes } = await takeSnapshot(machine.context.host, traces);
      expect(isIn(processes, ours.pid)).toBe(true);
      expect(isIn(processes, forger.pid)).toBe(false);
    },
  );

  it("do not belong to a pod if a user has named a cgroup so below their own", () => {
    const [stat, status] = ["9 (x) S 1", "Uid:\t1000\t0\t0\t0\n"];
    for (const cgroup of ["0::/user.slice/x:/kubepods/y\n", "0::/user.slice/kubepods.slice\n"])
      expect(belongsToCluster(parseStat(9, { stat, status, cgroup }), undefined, [])).toBe(false);
  });

  it("take along only what is their own when they end", () => {
    const uids = [
      [10, 1, 1000],
      [11, 10, 1000],
      // A setuid program counts as of who started it; this is one that became root.
      [12, 10, 0],
      [20, 1, 0],
      [21, 20, 1000],
    ] as const;
    const table = uids.map(([pid, parent, uid]) =>
      parseStat(pid, { stat: `${pid} (x) S ${parent}`, status: `Uid:\t${uid}\t0\t0\t0\n` }),
    );
    const pids = (root: number) =>
      selectWithDescendants(table, ({ pid }) => pid === root, 99).map(({ pid }) => pid);
    expect(pids(10)).toEqual([10, 11]);
    expect(pids(20)).toEqual([20, 21]);
  });

  it.skipIf(!canBeOthers)(
    "are not ended for a command line like that of one that was just being started",
    async () => {
      await using machine = await createMachine();
      const journal = await openJournal(machine.context.host, machine.stateDir);
      const argument = join(machine.stateDir, "forward.json");
      const before = await takeSnapshot(machine.context.host);
      await journal.append({ kind: "begin", at: entry.at, before, version: "0.1.0" });
      await journal.append({ kind: "starting", at: entry.at, name: "forward", argument });
      const argv = ["sh", "-c", "while :; do sleep 0.2; done", argument];
      const path = "/bin/sh";
      await using forger = await startProcess({ path, argv, ...otherUser });
      await using ours = await startProcess({ path, argv });
      await tearDown(machine.context, { stateDir: machine.stateDir });
      await expect.poll(() => isAlive(ours)).toBe(false);
      expect(isAlive(forger)).toBe(true);
    },
  );

  it("can't hide others by being many", async () => {
    await using machine = await createMachine();
    const script = `
import { spawn } from "node:child_process";
import { createHost } from "${new URL("../../src/host/create.ts", import.meta.url)}";
import { readProcesses } from "${new URL("../../src/journal/processes.ts", import.meta.url)}";
const many = spawn("sh", ["-c", "for i in $(seq 400); do sleep 20 & done; echo up; wait"], { detached: true });
await new Promise((resolve) => many.stdout.once("data", resolve));
const all = await readProcesses(await createHost()).finally(() => process.kill(-many.pid, "SIGKILL"));
console.log(all.filter(({ parent, uid }) => parent === many.pid && uid === process.getuid()).length);`;
    const file = join(machine.root, "many.ts");
    await writeFile(file, script);
    const few = ["sh", "-c", 'ulimit -n 300; exec "$@"', "sh", process.execPath, file] as const;
    expect((await machine.context.host.exec(few)).stdout.trim()).toBe("400");
  });

  it("end like any other with line breaks and parentheses in their name", async () => {
    await using machine = await createMachine();
    await using process = await startProcess({ path: join(machine.root, "a)\n) S 1 1") });
    await endProcesses(machine.context, ({ pid }) => pid === process.pid, { graceMs: 0 });
    expect(isAlive(process)).toBe(false);
  });
});

describe("a pid that was reused", () => {
  /** The host as if it had been another process, of another start time, that had the pid. */
  const reused = (host: Host, pid: number, from: number): Host => {
    let reads = 0;
    const read: Host["files"]["read"] = async (path) => {
      const text = await host.files.read(path);
      if (path !== `/proc/${pid}/stat` || reads++ < from) return text;
      return text?.replace(/^(.*\) (?:\S+ ){19})\d+/s, "$17");
    };
    return { ...host, files: { ...host.files, read } };
  };

  it("gets no signal that was meant for the process before", async () => {
    await using machine = await createMachine();
    await using process = await startProcess({});
    const host = reused(machine.context.host, process.pid, 0);
    const ending = endProcesses({ ...machine.context, host }, ({ pid }) => pid === process.pid, {
      graceMs: 100,
      timeoutMs: 300,
    });
    await expect(ending).rejects.toThrow("still running");
    expect(isAlive(process)).toBe(true);
  });

  it.each(["root", "sudo"] as const)("has no executable of the process before (%s)", async (rights) => {
    await using machine = await createMachine();
    if (rights === "sudo" && machine.context.host.rights === "none") return;
    await using process = await startProcess({ path: join(machine.root, "k3s") });
    const host = { ...machine.context.host, rights };
    const isIt = ({ pid }: { pid: number }) => pid === process.pid;
    const seen = async (on: Host) => {
      const [info] = (await readProcesses(on)).filter(isIt);
      return info && (await readExecutables(on, [info]))(info);
    };
    expect(await seen(host)).toBe(join(machine.root, "k3s"));
    expect(await seen(reused(host, process.pid, 1))).toBeUndefined();
  });
});

describe("names with anything in them", () => {
  // Root's, and a kubelet's.
  it.skipIf(!canBeOthers)("are one path each among the pods' logs", async () => {
    await using machine = await createMachine();
    // With a /var/log of its own.
    await using network = await networkNamespace(machine.context.host);
    await network.run("mount -t tmpfs none /var/log && mkdir -p \"/var/log/pods/$(printf 'pod\\nsrc')\"");
    const { paths } = await takeSnapshot(network.host);
    expect(paths).toContain("/var/log/pods/pod\nsrc");
    expect(paths).not.toContain("src");
  });

  it("are no part of the command that looks for them", async () => {
    await using machine = await createMachine();
    const keep = join(machine.root, "keep");
    await mkdir(join(keep, "me"), { recursive: true });
    const wanted = [keep, "-delete", "(", "!", `${keep}\n/etc`, join(keep, "-")];
    expect(await findExisting(machine.context.host, wanted)).toEqual([keep]);
    expect(existsSync(join(keep, "me"))).toBe(true);
  });

  // What root moved, only root can remove.
  it.skipIf(!canBeOthers)("are one volume each, where volumes stay", async () => {
    await using machine = await createMachine();
    const dataDir = join(machine.root, "k3s");
    const names = ["pvc-1\npvc-2", "pvc-3 -> etc", "pvc-4"];
    for (const name of names) await mkdir(join(dataDir, "storage", name), { recursive: true });
    const before = await takeSnapshot(machine.context.host);
    const run = {
      entry: { ...entry, at: "2026-11-02T09:12:01Z", dataDir },
      processes: [],
      before,
      keepData: true,
    };
    const kept = await moveVolumeFolders(machine.context.host, run);
    expect(kept).toEqual(names.map((name) => `a volume: ${getKeptVolumesFolder(run)}/${name}`));
  });

  it("are read as names by everything that reads them", async () => {
    await using machine = await createMachine();
    const random = randomFrom(Date.now());
    for (let round = 0; round < 500; round++) checkRandomNames(random);
    for (let round = 0; round < 5; round++) {
      const folder = join(machine.root, String(round));
      await mkdir(folder);
      await checkRandomFolders(machine.context.host, folder, random);
    }
  });
});
