import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { openJournal } from "../../src/journal/journal.ts";
import type { JournalEntry } from "../../src/journal/types.ts";
import { createTracer } from "../../src/lib/trace.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { createMachine, hostBefore, type Machine, ofThisTest, startFakeK3s, startTime } from "./machine.ts";

const at = "2026-11-02T09:12:01.000Z";
const hasRoot = (await createHost()).rights !== "none";

async function journal(machine: Machine, entries: readonly JournalEntry[]): Promise<void> {
  const opened = await openJournal(machine.context.host, machine.stateDir);
  await opened.append({ kind: "begin", at, before: await hostBefore(machine), version: "0.1.0" });
  for (const entry of entries) await opened.append(entry);
}

/** A link to an image, a file of k3s' that was there before, and one that is never made, in a k3s' data folder. */
const filesOf = (dataDir: string) => ({
  made: join(dataDir, "agent/images/0-images.tar"),
  changed: join(dataDir, "agent/etc/containerd/config-v3.toml.d/50-monstack-oom.toml"),
  neverMade: join(dataDir, "agent/images/1-more.tar"),
});

describe("teardown", () => {
  it("has nothing to do without a journal, and says so", async () => {
    await using machine = await createMachine();
    expect(await tearDown(machine.context, machine)).toEqual({ leaks: [], kept: [], did: [] });
    expect(machine.context.log.lines.map(({ message }) => message).join()).toContain("found no journal in");
  });

  it.skipIf(!hasRoot)(
    "removes what was made, puts back what was there, and takes the state folder away",
    async () => {
      await using machine = await createMachine();
      const { made, changed, neverMade } = filesOf(join(machine.root, "k3s"));
      for (const path of [made, changed]) await mkdir(dirname(path), { recursive: true });
      await writeFile(changed, "as the user had it\n");
      await chmod(changed, 0o640);
      const kubeconfig = join(machine.stateDir, "kubeconfig");
      await journal(machine, [
        { kind: "file", at, path: kubeconfig, root: false },
        { kind: "file", at, path: made, root: true },
        { kind: "file", at, path: changed, root: true, previous: "as the user had it\n" },
        { kind: "file", at, path: neverMade, root: true },
      ]);
      for (const path of [made, kubeconfig]) await writeFile(path, "x");
      await writeFile(changed, "ours\n");
      await writeFile(join(machine.stateDir, "k3s.log"), "log");

      const { leaks } = await tearDown(machine.context, machine);

      expect(leaks).toEqual([]);
      expect(existsSync(made)).toBe(false);
      expect(await readFile(changed, "utf8")).toBe("as the user had it\n");
      expect((await stat(changed)).mode & 0o777).toBe(0o640);
      expect(existsSync(machine.stateDir)).toBe(false);
    },
  );

  it("keeps a state folder that was there before, with what isn't ours in it", async () => {
    await using machine = await createMachine();
    await mkdir(machine.stateDir);
    await writeFile(join(machine.stateDir, "notes.txt"), "the user's");
    await journal(machine, []);
    await tearDown(machine.context, machine);
    expect(await machine.context.host.files.list(machine.stateDir)).toEqual(["notes.txt"]);
  });

  it("keeps the report when it is in the state folder", async () => {
    await using machine = await createMachine();
    await journal(machine, []);
    const report = join(machine.stateDir, "report");
    await mkdir(report);
    await writeFile(join(machine.stateDir, "stack.json"), "{}");
    await tearDown(machine.context, { stateDir: machine.stateDir, keep: [report] });
    expect(await machine.context.host.files.list(machine.stateDir)).toEqual(["report"]);
  });

  it.skipIf(!hasRoot)("lists what it could not put back, keeps the journal, and does the rest", async () => {
    await using machine = await createMachine();
    const { made } = filesOf(join(machine.root, "k3s"));
    // A file in the place of a folder: what was there can't be written back.
    const { changed } = filesOf(join(machine.root, "other-k3s"));
    await journal(machine, [
      { kind: "file", at, path: made, root: true },
      { kind: "file", at, path: changed, root: true, previous: "before" },
    ]);
    await mkdir(dirname(made), { recursive: true });
    for (const path of [made, join(machine.root, "other-k3s")]) await writeFile(path, "x");
    const { leaks } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([{ kind: "setting", what: `restore ${changed}` }]);
    expect(existsSync(made)).toBe(false);
    expect(existsSync(join(machine.stateDir, "journal.jsonl"))).toBe(true);
  });

  it.skipIf(!hasRoot)("does nothing at all when the journal can't be read", async () => {
    await using machine = await createMachine();
    const { made } = filesOf(join(machine.root, "k3s"));
    await mkdir(dirname(made), { recursive: true });
    await journal(machine, [{ kind: "file", at, path: made, root: true }]);
    await writeFile(made, "x");
    const path = join(machine.stateDir, "journal.jsonl");
    await writeFile(path, `{"kind":\n${await readFile(path, "utf8")}`);
    await expect(tearDown(machine.context, machine)).rejects.toThrow(
      "journal.jsonl:1: a journal entry without a MAC",
    );
    expect(existsSync(made)).toBe(true);
  });
});

describe.skipIf(!hasRoot)("teardown of a k3s", () => {
  const entryOf = (machine: Machine): JournalEntry => ({
    kind: "k3s",
    at,
    binary: join(machine.root, "bin/k3s"),
    dataDir: join(machine.root, "var/lib/rancher/k3s"),
    unit: undefined,
    paths: [join(machine.root, "var/lib/rancher/k3s")],
  });

  it("ends its whole tree and removes its files, quickly, and can be called again", async () => {
    await using machine = await createMachine();
    await journal(machine, [entryOf(machine)]);
    const k3s = await startFakeK3s(machine);
    const opened = await openJournal(machine.context.host, machine.stateDir);
    await opened.append({
      kind: "process",
      at,
      name: "k3s",
      pid: k3s.pid,
      startTime: await startTime(k3s.pid),
    });
    const began = Date.now();
    const { leaks, did } = await tearDown(machine.context, machine);
    expect(Date.now() - began).toBeLessThan(4_000);
    expect(ofThisTest(machine, leaks)).toEqual([]);
    expect(await machine.running()).toEqual([]);
    expect(existsSync(join(machine.root, "var/lib/rancher/k3s"))).toBe(false);
    expect(did.join("\n")).toMatch(/ended k3s, its containers and all below them \(\d+ processes\)/);
    expect(await tearDown(machine.context, machine)).toEqual({ leaks: [], kept: [], did: [] });
  });

  it("removes the images while the packet filter is put back, and follows no link of theirs", async () => {
    await using machine = await createMachine();
    await journal(machine, [entryOf(machine)]);
    const { dataDir } = await startFakeK3s(machine);
    const precious = join(machine.root, "precious");
    await mkdir(join(precious, "containerd"), { recursive: true });
    await writeFile(join(precious, "containerd/data"), "x");
    await mkdir(join(dataDir, "agent/containerd/layer"), { recursive: true });
    await writeFile(join(dataDir, "agent/containerd/layer/file"), "x");
    await symlink(precious, join(dataDir, "agent/containerd/link"));
    await symlink(precious, join(dataDir, "moved"));
    // A user can have moved the folder to another disk.
    await mkdir(join(dataDir, "deep"));
    await symlink(precious, join(dataDir, "deep/agent"));
    const tracer = createTracer(machine.context.host.now);
    const { leaks } = await tearDown({ ...machine.context, span: tracer.root }, machine);
    expect(ofThisTest(machine, leaks)).toEqual([]);
    expect(existsSync(dataDir)).toBe(false);
    expect(await readFile(join(precious, "containerd/data"), "utf8")).toBe("x");
    const spans = new Map(tracer.read().spans.map((span) => [span.name, span]));
    const images = spans.get("remove k3s' images");
    expect(images?.startedMs).toBeLessThanOrEqual(spans.get("remove iptables rules")?.startedMs ?? 0);
    expect(images?.endedMs).toBeLessThanOrEqual(spans.get("remove k3s' files")?.startedMs ?? 0);
  });

  it("leaves the volumes beside its data folder where they are to stay, and nothing else", async () => {
    await using machine = await createMachine();
    const { dataDir } = await startFakeK3s(machine);
    const volume = "pvc-0f8fad5b-d9cb-469f-a165-70867728950e_monitoring_prometheus-server";
    await mkdir(join(dataDir, "storage", volume), { recursive: true });
    await writeFile(join(dataDir, "storage", volume, "wal"), "samples");
    await journal(machine, [entryOf(machine), { kind: "keep-data", at }]);
    const { leaks, kept } = await tearDown(machine.context, machine);
    const stays = `${dataDir}-kept/20261102T091201Z/${volume}`;
    expect(kept).toEqual([`volume of claim monitoring/prometheus-server: ${stays}`]);
    expect(await readFile(join(stays, "wal"), "utf8")).toBe("samples");
    expect(ofThisTest(machine, leaks)).toEqual([]);
    expect(existsSync(dataDir)).toBe(false);
    expect(existsSync(machine.stateDir)).toBe(false);
  });

  it("removes no data that it could not bring to safety, and says so", async () => {
    await using machine = await createMachine();
    const { dataDir } = await startFakeK3s(machine);
    await mkdir(join(dataDir, "storage/mine"), { recursive: true });
    await writeFile(join(dataDir, "storage/mine/wal"), "samples");
    // In the place of the folder that they would be moved to.
    await writeFile(`${dataDir}-kept`, "");
    await journal(machine, [entryOf(machine)]);
    const { leaks } = await tearDown(machine.context, { ...machine, keepData: true });
    expect(await readFile(join(dataDir, "storage/mine/wal"), "utf8")).toBe("samples");
    expect(ofThisTest(machine, leaks).map(({ what }) => what)).toContain(
      join(machine.root, "var/lib/rancher/k3s"),
    );
    expect(machine.context.log.lines.map(({ message }) => message).join()).toContain(
      "could not keep the volumes",
    );
  });

  it("finds a k3s whose pid was never written down, and shims that lost their server", async () => {
    await using machine = await createMachine();
    await journal(machine, [entryOf(machine)]);
    const k3s = await startFakeK3s(machine);
    process.kill(k3s.pid, "SIGKILL");
    await expect.poll(() => machine.running()).not.toContain(k3s.pid);
    expect((await machine.running()).length).toBeGreaterThan(0);
    expect(ofThisTest(machine, (await tearDown(machine.context, machine)).leaks)).toEqual([]);
    expect(await machine.running()).toEqual([]);
  });

  it("never enters what is mounted below a folder, and reports it", async () => {
    await using machine = await createMachine();
    const { host } = machine.context;
    const precious = join(machine.root, "precious");
    const inside = join(machine.root, "var/lib/rancher/k3s/agent/containerd/mine");
    await mkdir(precious);
    await writeFile(join(precious, "data"), "x");
    await mkdir(inside, { recursive: true });
    await host.exec(["mount", "--bind", precious, inside], { root: true });
    try {
      const before = await hostBefore(machine);
      const opened = await openJournal(host, machine.stateDir);
      // It was mounted before the run: not ours to unmount.
      await opened.append({
        kind: "begin",
        at,
        version: "0.1.0",
        before: { ...before, mounts: [...before.mounts, inside] },
      });
      await opened.append(entryOf(machine));
      const { leaks } = await tearDown(machine.context, machine);
      expect(leaks).toContainEqual({ kind: "path", what: join(machine.root, "var/lib/rancher/k3s") });
      expect(machine.context.log.lines.map(({ message }) => message).join()).toContain(
        "something is mounted below",
      );
    } finally {
      await host.exec(["umount", inside], { root: true });
    }
    expect(await readFile(join(precious, "data"), "utf8")).toBe("x");
  });

  it("unmounts what came with it before it removes anything", async () => {
    await using machine = await createMachine();
    const { host } = machine.context;
    await journal(machine, [entryOf(machine)]);
    const precious = join(machine.root, "precious");
    const inside = join(machine.root, "var/lib/rancher/k3s/pods/a b");
    await mkdir(precious);
    await writeFile(join(precious, "data"), "x");
    await mkdir(inside, { recursive: true });
    await host.exec(["mount", "--bind", precious, inside], { root: true });
    await host.exec(["mount", "-t", "tmpfs", "tmpfs", inside], { root: true });
    expect(ofThisTest(machine, (await tearDown(machine.context, machine)).leaks)).toEqual([]);
    expect(await readFile(join(precious, "data"), "utf8")).toBe("x");
  });
});

describe("teardown of other processes", () => {
  it("ends ours, also one whose pid was never written down, and spares others with a pid of the journal", async () => {
    await using machine = await createMachine();
    const { host } = machine.context;
    const start = (mark: string) =>
      host.startDetached(["bash", "-c", `while :; do sleep 0.1; done`, "bash", mark], {
        logFile: join(machine.root, "log"),
      });
    const argument = join(machine.stateDir, "forward.json");
    const known = await start(argument);
    const spared = await start(join(machine.root, "spared"));
    await start(argument);
    const entry = { kind: "process", at, name: "forward" } as const;
    await journal(machine, [
      { kind: "starting", at, name: "forward", argument },
      { ...entry, pid: known.pid, startTime: await startTime(known.pid) },
      { ...entry, pid: spared.pid, startTime: await startTime(spared.pid) },
    ]);
    await tearDown(machine.context, machine);
    expect(await machine.running()).toEqual([spared.pid]);
  });
});
