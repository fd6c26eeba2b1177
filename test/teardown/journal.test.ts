import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { openJournal, readJournal, removeJournal } from "../../src/teardown/journal.ts";
import type { JournalEntry } from "../../src/teardown/types.ts";

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
  { kind: "mount-propagation", at, path: "/", previous: "private" },
  { kind: "file", at, path: "/etc/rancher/k3s/registries.yaml", root: true, previous: "" },
  {
    kind: "k3s",
    at,
    binary: "/opt/k3s",
    dataDir: "/var/lib/rancher/k3s",
    unit: undefined,
    paths: ["/run/k3s"],
  },
  { kind: "cluster", at, clusterKind: "k3s", kubeconfig: "/tmp/x/kubeconfig", context: undefined },
  { kind: "namespace", at, name: "monitoring" },
  { kind: "release", at, name: "grafana", namespace: "monitoring", helm: "/opt/helm" },
  { kind: "starting", at, name: "forward", argument: "/tmp/x/forward.json" },
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
afterEach(() => rm(root, { recursive: true }));

describe("the journal", () => {
  it("gives back every kind of entry as it was written", async () => {
    const journal = await openJournal(host, stateDir);
    for (const entry of every) await journal.append(entry);
    expect(await readJournal(host, stateDir)).toEqual(every);
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
    ["no JSON", "{nonsense"],
    ["an unknown kind", `{"kind":"disk","at":"${at}"}`],
    ["a path that must never be removed", `{"kind":"file","at":"${at}","path":"/etc","root":true}`],
    ["a path that climbs", `{"kind":"file","at":"${at}","path":"/tmp/x/../../etc","root":true}`],
    ["pid 1", `{"kind":"process","at":"${at}","name":"x","pid":1,"startTime":"1"}`],
  ])("reports %s with its line", async (_, line) => {
    const good = JSON.stringify(every[6]);
    await writeFile(join(stateDir, "journal.jsonl"), `${good}\n${line}\n${good}\n`);
    await expect(readJournal(host, stateDir)).rejects.toThrow(/journal\.jsonl:2: not a journal entry/);
  });

  it("is empty when there is none, and after it was removed", async () => {
    expect(await readJournal(host, join(root, "nowhere"))).toEqual([]);
    await (await openJournal(host, stateDir)).append({ kind: "namespace", at, name: "x" });
    await removeJournal(host, stateDir);
    expect(await readJournal(host, stateDir)).toEqual([]);
  });
});
