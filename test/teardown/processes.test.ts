import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  endProcesses,
  parseStat,
  readProcesses,
  readStartTime,
  selectWithDescendants,
} from "../../src/journal/processes.ts";
import { belongsToCluster, isInPod } from "../../src/teardown/units.ts";
import { createMachine, startTime } from "./machine.ts";

const freezer = "/sys/fs/cgroup/freezer";
const canFreeze = process.getuid?.() === 0 && existsSync(join(freezer, "cgroup.procs"));

const startedBy = (uid: number, cgroup: string, ...argv: string[]) =>
  parseStat(9, {
    stat: "9 (x) S 1 9 9",
    status: `Name:\tx\nUid:\t${uid}\t0\t0\t0\n`,
    cmdline: argv.join("\0"),
    cgroup,
  });
const info = (cgroup: string, ...argv: string[]) => startedBy(0, cgroup, ...argv);

describe("the process table", () => {
  it("reads names with spaces and parentheses", () => {
    const stat = `12 (k3s) (server)) S 7 ${"0 ".repeat(17)}4711 0`;
    expect(parseStat(12, { stat, cmdline: "k3s server\0\0" })).toMatchObject({
      parent: 7,
      state: "S",
      startTime: "4711",
      name: "k3s) (server)",
      argv: ["k3s server"],
    });
  });

  it("has ourselves and our start time", async () => {
    await using machine = await createMachine();
    const { host } = machine.context;
    expect((await readProcesses(host)).map(({ pid }) => pid)).toContain(process.pid);
    expect(await readStartTime(host, process.pid)).toBe(await startTime(process.pid));
    expect(await readStartTime(host, 2 ** 22 + 1)).toBeUndefined();
  });

  it("takes children along, but never ourselves or what we run under", () => {
    const table = [
      [1, 0],
      [10, 1],
      [11, 10],
      [12, 11],
      [13, 10],
    ].map(([pid = 0, parent]) => parseStat(pid, { stat: `${pid} (x) S ${parent}` }));
    const taken = selectWithDescendants(table, ({ pid }) => pid === 10 || pid === 11, 12);
    expect(taken.map(({ pid }) => pid)).toEqual([]);
    expect(selectWithDescendants(table, ({ pid }) => pid === 10, 99).map(({ pid }) => pid)).toEqual([
      10, 11, 12, 13,
    ]);
  });
});

describe("whose a process is", () => {
  it("knows a pod's by its cgroup, and not the pods of a cluster in a container", () => {
    expect(isInPod(info("0::/kubepods.slice/kubepods-burstable.slice/x\n"))).toBe(true);
    expect(isInPod(info("5:memory:/kubepods/besteffort/pod1/2\n0::/\n"))).toBe(true);
    expect(isInPod(info("0::/docker/0a1b/kubepods/besteffort/pod1\n"))).toBe(false);
    expect(isInPod(info("0::/user.slice\n"))).toBe(false);
  });

  it("knows k3s by its executable, though it changed its command line, and leaves other containerds alone", () => {
    const inData = "/var/lib/rancher/k3s/data/0f/bin/k3s";
    expect(belongsToCluster(info("", "containerd "), inData, [])).toBe(true);
    expect(belongsToCluster(info("", "/usr/bin/containerd"), "/usr/bin/containerd", [])).toBe(false);
    expect(
      belongsToCluster(info("", "vim", "/opt/k3s"), "/usr/bin/vim", [{ binary: "/opt/k3s", dataDir: "/d" }]),
    ).toBe(false);
    const wrapper = info("", "sudo", "-n", "/opt/k3s", "server");
    expect(belongsToCluster(wrapper, "/usr/bin/sudo", [{ binary: "/opt/k3s", dataDir: "/d" }])).toBe(true);
  });
});

describe("ending processes", () => {
  it("lets one that listens end by itself, and kills one that doesn't", async () => {
    await using machine = await createMachine();
    const deaf = spawn("bash", [
      "-c",
      `trap "" TERM; echo ready; while :; do sleep 0.1; done; : ${machine.root}`,
    ]);
    const polite = spawn("bash", [
      "-c",
      `trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done; : ${machine.root}`,
    ]);
    const ended = (child: typeof deaf) =>
      new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
    const both = Promise.all([ended(polite), ended(deaf)]);
    await Promise.all([deaf, polite].map(({ stdout }) => once(stdout, "data")));
    const pids = [polite.pid, deaf.pid];
    await endProcesses(machine.context, ({ pid }) => pids.includes(pid), { graceMs: 600 });
    expect(await both).toEqual([7, "SIGKILL"]);
    expect(await machine.running()).toEqual([]);
  });

  // Made by root in a hierarchy of version 1; in version 2 a frozen process can be killed.
  it.skipIf(!canFreeze)(
    "kills a process in a frozen cgroup, as a killed runc leaves one behind",
    async () => {
      await using machine = await createMachine();
      const pod = join(freezer, `monstack-test-${process.pid}`);
      const container = join(pod, "container");
      await mkdir(container, { recursive: true });
      const child = spawn("sleep", ["300"]);
      const ended = once(child, "exit");
      try {
        await writeFile(join(container, "cgroup.procs"), String(child.pid));
        await writeFile(join(pod, "freezer.state"), "FROZEN");
        await endProcesses(machine.context, ({ pid }) => pid === child.pid, { graceMs: 0, timeoutMs: 2_000 });
        expect((await ended)[1]).toBe("SIGKILL");
      } finally {
        await writeFile(join(pod, "freezer.state"), "THAWED");
        child.kill("SIGKILL");
        await ended;
        await rmdir(container);
        await rmdir(pod);
      }
    },
  );
});
