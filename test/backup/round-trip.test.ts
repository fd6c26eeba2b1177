import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { makeBackup } from "../../src/backup/backup.ts";
import { restoreBackup } from "../../src/backup/restore.ts";
import { startStack, type TestStack, ulid, writeBlock } from "./support/stack.ts";

const later = new Date(Date.now() + 3_600_000).toISOString();
const silence = (value: string, endsAt: string, state = "active") => ({
  ...{
    id: value,
    startsAt: "2026-11-20T10:00:00Z",
    endsAt,
    createdBy: "me",
    comment: "x",
    status: { state },
  },
  matchers: [{ name: "alertname", value, isRegex: false, isEqual: true }],
});

/** A stack with something of everything. */
async function fullStack(protocol?: "v4" | "v5"): Promise<TestStack> {
  const stack = await startStack(protocol);
  await writeBlock(stack.dataDir);
  const { knows } = stack;
  knows.folders.push({ uid: "top", title: "Top" }, { uid: "below", title: "Below", parentUid: "top" });
  knows.datasources.push({
    ...{ id: 1, uid: "prom", name: "Prometheus", type: "prometheus", access: "proxy", isDefault: true },
    ...{ url: "http://reader:url-secret@prometheus:9090", readOnly: false, password: "old-secret" },
    basicAuthPassword: "older-secret",
    jsonData: { timeInterval: "2s", apiToken: "json-secret", httpHeaderName1: "X-Key" },
    secureJsonFields: { httpHeaderValue1: true, unused: false },
  });
  const board = (uid: string, title: string) => ({ id: 4, version: 2, uid, title, panels: [] });
  knows.dashboards.push(
    { folderUid: "below", provisioned: false, dashboard: board("board", "Board") },
    { folderUid: "", provisioned: true, dashboard: board("files", "From a file") },
  );
  knows.silences.push(silence("Held", later), silence("Over", "2026-11-20T11:00:00Z", "expired"));
  return stack;
}

async function backUp(stack: TestStack): Promise<string> {
  const file = join(stack.folder, "backup.tar.gz");
  await makeBackup(stack.target, file, "0.1.0");
  return file;
}

describe("a backup", () => {
  it("tells what it holds, and leaves no snapshot in the pod", async () => {
    await using stack = await fullStack();
    const file = join(stack.folder, "backup.tar.gz");
    const { manifest, bytes } = await makeBackup(stack.target, file, "0.1.0");
    expect(manifest).toMatchObject({
      format: 1,
      monstack: "0.1.0",
      prometheus: {
        ...{ version: "3.5.3", from: "2026-11-20T10:00:00.000Z", to: "2026-11-20T12:00:00.000Z", series: 70 },
        blocks: [{ ulid, samples: 4_000 }],
        probe: { query: "count(up)", value: "7", time: Date.parse("2026-11-20T11:59:45Z") / 1_000 },
      },
      grafana: { version: "12.4.0", folders: 2, datasources: 1, dashboards: 2 },
      alertmanager: { version: "0.33.1", silences: 1 },
    });
    expect(bytes).toBe((await readFile(file)).length);
    expect(Object.keys(await stack.blocks()).filter((path) => path.startsWith("snapshots/"))).toEqual([]);
  });

  it("holds no secret of a datasource's, and not Grafana's password", async () => {
    await using stack = await fullStack();
    const text = gunzipSync(await readFile(await backUp(stack))).toString("latin1");
    expect(text).toContain("X-Key");
    expect(text).toContain("http://prometheus:9090");
    for (const secret of ["url-secret", "old-secret", "older-secret", "json-secret", "pass-of-the-run"])
      expect(text).not.toContain(secret);
  });

  it("says which value to set where the admin API is off", async () => {
    await using stack = await fullStack();
    stack.knows.adminApi = false;
    const refused = makeBackup(stack.target, join(stack.folder, "x.tar.gz"), "0.1.0");
    await expect(refused).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("admin API is off"),
      fix: expect.stringContaining("server.extraFlags: [web.enable-lifecycle, web.enable-admin-api]"),
    });
  });

  it("leaves neither an archive nor a snapshot when the connection breaks off", async () => {
    await using stack = await fullStack();
    stack.pod.cut = { command: "tar", after: 100_000 };
    const file = join(stack.folder, "x.tar.gz");
    await expect(makeBackup(stack.target, file, "0.1.0")).rejects.toThrow(/ended before its time/);
    await expect(readFile(file)).rejects.toMatchObject({ code: "ENOENT" });
    expect(Object.keys(await stack.blocks()).filter((path) => path.startsWith("snapshots/"))).toEqual([]);
  });

  it("says so when the image has no tar", async () => {
    await using stack = await fullStack();
    stack.pod.lacks.push("tar");
    const refused = makeBackup(stack.target, join(stack.folder, "x.tar.gz"), "0.1.0");
    await expect(refused).rejects.toMatchObject({ exitCode: 3, fix: expect.stringContaining("distroless") });
  });
});

describe("a restore into a fresh stack", () => {
  it.each(["v4", "v5"] as const)("brings back all of it, byte for byte (%s)", async (protocol) => {
    await using old = await fullStack(protocol);
    await using fresh = await startStack(protocol);
    const file = await backUp(old);
    const result = await restoreBackup(fresh.target, file);
    expect(await fresh.blocks()).toEqual(await old.blocks());
    expect(result.blocks).toEqual([{ pod: "prometheus-0", added: [ulid], existing: [] }]);
    expect(fresh.knows.folders).toEqual(old.knows.folders);
    expect(fresh.knows.dashboards.map(({ folderUid, dashboard }) => [folderUid, dashboard])).toEqual([
      ["below", { uid: "board", title: "Board", panels: [] }],
      ["", { uid: "files", title: "From a file", panels: [] }],
    ]);
    expect(fresh.knows.datasources).toMatchObject([
      {
        uid: "prom",
        url: "http://prometheus:9090",
        jsonData: { timeInterval: "2s", httpHeaderName1: "X-Key" },
      },
    ]);
    expect(result.grafana?.withoutSecrets).toEqual(["Prometheus (httpHeaderValue1)"]);
    expect(fresh.knows.silences).toMatchObject([{ endsAt: later, matchers: [{ value: "Held" }] }]);
    const again = await restoreBackup(fresh.target, file);
    expect(again.blocks).toEqual([{ pod: "prometheus-0", added: [], existing: [ulid] }]);
    expect(again.silences?.skipped).toEqual(['{alertname="Held"}: it is there already']);
    expect(await fresh.blocks()).toEqual(await old.blocks());
  });

  it("keeps its own datasources and what it has from files, and replaces its other dashboards", async () => {
    await using old = await fullStack();
    await using fresh = await startStack();
    const own = { uid: "prom", name: "Own", type: "prometheus", url: "http://own" };
    fresh.knows.datasources.push(own);
    const dashboard = (uid: string) => ({ uid, title: "Mine" });
    fresh.knows.dashboards.push(
      { folderUid: "", provisioned: false, dashboard: dashboard("board") },
      { folderUid: "", provisioned: true, dashboard: dashboard("files") },
    );
    const { grafana } = await restoreBackup(fresh.target, await backUp(old));
    expect(fresh.knows.datasources).toEqual([own]);
    expect(grafana?.datasources.skipped).toEqual(["Prometheus: one with its uid is there already"]);
    expect(grafana?.dashboards).toMatchObject({
      replaced: ["Board"],
      skipped: ["From a file: the stack has it from a file"],
    });
    expect(fresh.knows.dashboards.map((one) => one.dashboard["title"]).sort()).toEqual(["Board", "Mine"]);
  });

  it("goes on after something that Grafana refuses, and tells it", async () => {
    await using old = await fullStack();
    await using fresh = await startStack();
    fresh.knows.refused.push("Board");
    const { grafana, silences } = await restoreBackup(fresh.target, await backUp(old));
    expect(grafana?.dashboards.failed).toEqual(['Board: HTTP 400: {"message":"no such folder"}']);
    expect(grafana?.dashboards.created).toEqual(["From a file"]);
    expect(silences?.created).toHaveLength(1);
  });

  it("warns when the retention is shorter than the samples are old", async () => {
    await using old = await fullStack();
    await using fresh = await startStack();
    fresh.knows.retention = "36h or 10GiB";
    await restoreBackup(fresh.target, await backUp(old));
    const said = fresh.log.lines.filter(({ level }) => level === "warn").map(({ message }) => message);
    expect(said).toEqual([
      expect.stringMatching(/keeps samples for 1\.5 days, so that it will delete 1 of 1 blocks/),
    ]);
  });

  it.each([
    [
      "df",
      "echo Filesystem; echo 'x 100 90 10 90% /data'",
      /volume has 10 KiB free, and the blocks take [\d.]+ (?:Ki)?B/,
    ],
    [
      "tar",
      "head -c 4096 >/dev/null; echo 'tar: write error: No space left on device' >&2; exit 1",
      /No space left on device/,
    ],
  ])("leaves nothing behind when %s says that the volume is full", async (program, script, words) => {
    await using old = await fullStack();
    await using fresh = await startStack();
    const file = await backUp(old);
    fresh.pod.programs = join(fresh.folder, "bin");
    await mkdir(fresh.pod.programs);
    await writeFile(join(fresh.pod.programs, program), `#!/bin/sh\n${script}\n`);
    await chmod(join(fresh.pod.programs, program), 0o755);
    await expect(restoreBackup(fresh.target, file)).rejects.toThrow(words);
    expect(await fresh.blocks()).toEqual({});
    expect(fresh.knows.dashboards).toEqual([]);
  });
});
