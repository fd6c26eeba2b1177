import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { openJournal, readJournal, removeJournal } from "../../src/journal/journal.ts";
import { removeKeys } from "../../src/journal/journal-key.ts";
import type { JournalEntry } from "../../src/journal/types.ts";
import { sealedLines, writeLines } from "./journal-files.ts";

const at = "2026-11-02T09:12:01.000Z";
const none = {
  mounts: [],
  links: [],
  netns: [],
  iptables: [],
  ipsets: [],
  nftTables: [],
  paths: [],
  processes: [],
  cgroups: [],
  units: [],
};
const every: JournalEntry[] = [
  { kind: "begin", at, before: { ...none, links: ["lo"] }, version: "0.1.0" },
  { kind: "sysctl", at, key: "net.ipv4.ip_forward", previous: "0" },
  { kind: "route", at, to: "10.43.0.0/16" },
  { kind: "file", at, path: "/etc/rancher/k3s/registries.yaml", root: true, previous: "" },
  {
    kind: "k3s",
    at,
    binary: "/opt/k3s",
    dataDir: "/var/lib/rancher/k3s",
    unit: undefined,
    paths: ["/run/k3s"],
  },
  { kind: "cluster", at, clusterKind: "existing", kubeconfig: "/tmp/x/kubeconfig", context: undefined },
  { kind: "namespace", at, name: "monitoring" },
  { kind: "release", at, name: "grafana", namespace: "monitoring", helm: "/opt/helm" },
  { kind: "process", at, name: "forward", pid: 4711, startTime: "123456" },
];

let root: string;
let stateDir: string;
const host = await createHost();

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "journal-"));
  stateDir = join(root, "state");
  await mkdir(stateDir);
});
afterEach(async () => {
  for (const folder of [stateDir, join(root, "new/state")]) await removeKeys(host, folder);
  await rm(root, { recursive: true });
});

describe("the journal", () => {
  it.skipIf(host.rights === "none")("gives back every kind of entry as it was written", async () => {
    const journal = await openJournal(host, stateDir);
    const all = [
      ...every,
      { kind: "starting", at, name: "forward", argument: `${stateDir}/forward.json` } as const,
    ];
    for (const entry of all) await journal.append(entry);
    expect(await readJournal(host, stateDir)).toEqual(all);
  });

  it("is only for its owner, since it can hold the content of files", async () => {
    await openJournal(host, stateDir);
    expect((await stat(join(stateDir, "journal.jsonl"))).mode & 0o777).toBe(0o600);
  });

  it("knows that it made the state folder, and that it didn't when it was there", async () => {
    await openJournal(host, stateDir);
    expect(await readJournal(host, stateDir)).toEqual([]);
    const own = join(root, "new", "state");
    await openJournal(host, own);
    expect(await readJournal(host, own)).toMatchObject([{ kind: "file", path: own, root: false }]);
  });

  it("ignores a last line that a crash cut off, and goes on after it", async () => {
    const journal = await openJournal(host, stateDir);
    await journal.append({ kind: "namespace", at, name: "monitoring" });
    const path = join(stateDir, "journal.jsonl");
    await writeFile(path, `${await readFile(path, "utf8")}{"kind":"namespace","at":"20`);
    expect(await readJournal(host, stateDir)).toHaveLength(1);
    const again = await openJournal(host, stateDir);
    await again.append({ kind: "namespace", at, name: "second" });
    expect(await readJournal(host, stateDir)).toMatchObject([{ name: "monitoring" }, { name: "second" }]);
  });

  it.each([
    ["an unknown kind", { kind: "disk", at }],
    ["a path that must never be removed", { kind: "file", at, path: "/etc", root: true }],
    ["a path that climbs", { kind: "file", at, path: "/tmp/x/../../etc", root: true }],
    ["pid 1", { kind: "process", at, name: "k3s", pid: 1, startTime: "1" }],
  ])("reports %s with its line", async (_, entry) => {
    const good = { kind: "keep-data", at };
    await writeLines(stateDir, await sealedLines(host, stateDir, [good, entry, good]));
    await expect(readJournal(host, stateDir)).rejects.toThrow(/journal\.jsonl:2: not a journal entry/);
  });

  it("takes no entry that it could not give back", async () => {
    const journal = await openJournal(host, stateDir);
    const entry = { kind: "namespace", at, name: "../x" } as const;
    await expect(journal.append(entry)).rejects.toThrow("can't be undone later, and so is not done");
    expect(await readJournal(host, stateDir)).toEqual([]);
  });

  it("has its lines in the order in which they were given, however many are given at once", async () => {
    const journal = await openJournal(host, stateDir);
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
    await Promise.all(names.map((name) => journal.append({ kind: "namespace", at, name })));
    expect(await readJournal(host, stateDir)).toMatchObject(names.map((name) => ({ name })));
  });

  it("takes no more entries after one that could not be written: the chain would be broken", async () => {
    let full = false;
    const appendDurably: typeof host.files.appendDurably = async (path, line) => {
      if (full) throw new Error("the disk is full");
      await host.files.appendDurably(path, line);
    };
    const journal = await openJournal({ ...host, files: { ...host.files, appendDurably } }, stateDir);
    await journal.append({ kind: "namespace", at, name: "a" });
    full = true;
    await expect(journal.append({ kind: "namespace", at, name: "b" })).rejects.toThrow("the disk is full");
    full = false;
    await expect(journal.append({ kind: "namespace", at, name: "c" })).rejects.toThrow("the disk is full");
    expect(await readJournal(host, stateDir)).toMatchObject([{ name: "a" }]);
  });

  it("is empty when there is none, and after it was removed", async () => {
    expect(await readJournal(host, join(root, "nowhere"))).toEqual([]);
    await (await openJournal(host, stateDir)).append({ kind: "namespace", at, name: "x" });
    await removeJournal(host, stateDir);
    expect(await readJournal(host, stateDir)).toEqual([]);
  });
});
