import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadStack, recordBackup, saveStack } from "../../src/app/session/stack-file.ts";
import { createJsonContent, findArchives, writeArchive } from "../../src/backup/archive.ts";
import { createHost } from "../../src/host/create.ts";
import { makeTrustedFolder } from "../../src/host/trusted-folder.ts";
import { removeKeys } from "../../src/journal/journal-key.ts";
import { emptyStack } from "../support/stack-record.ts";
import { ulid } from "./support/stack.ts";

const host = await createHost();
const root = await mkdtemp(join(tmpdir(), "monstack-find-"));
afterAll(() => rm(root, { recursive: true, force: true }));

const createdAt = "2026-11-20T10:00:00.000Z";

async function backupAt(path: string, changedAt = 0): Promise<string> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  const contents = async function* () {
    yield createJsonContent("alertmanager/silences.json", []);
  };
  const span = { from: createdAt, to: createdAt, series: 1, samples: 1 };
  const probe = { query: "count(up)", time: 1, value: "1" };
  const prometheus = { version: "3.5.3", ...span, blocks: [{ ulid, ...span }], probe };
  await writeArchive(host, file, contents(), async (parts) => ({
    format: 1,
    monstack: "0.1.0",
    createdAt,
    prometheus,
    parts: [...parts],
  }));
  if (changedAt > 0) await utimes(file, changedAt, changedAt);
  return file;
}

const names = (found: Awaited<ReturnType<typeof findArchives>>) =>
  found.map((one) => `${basename(one.file)}${"problem" in one ? " is broken" : ""}`);

describe("a backup is found", () => {
  it.each(["x.tar", "x.tgz", "metrics of today", "x.tar.gz"])("whatever it is called: %s", async (name) => {
    const file = await backupAt(join(`called-${name}`, name));
    expect(names(await findArchives(host, file, []))).toEqual([name]);
    expect(names(await findArchives(host, dirname(file), []))).toEqual([name]);
  });

  it("where monstack wrote it, without being named, once, and only while it is there", async () => {
    const file = await backupAt("elsewhere/x.tar");
    const gone = join(root, "elsewhere/gone.tar");
    expect(names(await findArchives(host, undefined, [gone, file]))).toEqual(["x.tar"]);
    expect(names(await findArchives(host, dirname(file), [file]))).toEqual(["x.tar"]);
    expect(await findArchives(host, join(root, "nowhere"), [gone])).toEqual([]);
  });

  it("among other files, the newest ones of many", async () => {
    for (const day of [1, 4, 3, 2]) await backupAt(`many/day-${5 - day}.tar`, 1_700_000_000 + day);
    await writeFile(join(root, "many/notes.txt"), "none of monstack's");
    await mkdir(join(root, "many/folder"));
    expect(names(await findArchives(host, join(root, "many"), []))).toEqual([
      "day-3.tar",
      "day-2.tar",
      "day-1.tar",
    ]);
  });

  it("and reported when it is not whole", async () => {
    const file = join(root, "broken.tar");
    await writeFile(file, "no archive");
    expect(names(await findArchives(host, file, []))).toEqual(["broken.tar is broken"]);
  });
});

describe("where a backup was written", () => {
  it("is in the stack's record, the newest last", async () => {
    const stateDir = join(root, "state");
    await makeTrustedFolder(host, stateDir, { what: "the state folder", choose: "" });
    await saveStack(host, stateDir, emptyStack);
    for (const file of ["/a.tar", "/b.tar", "/a.tar"]) await recordBackup(host, stateDir, file);
    expect((await loadStack(host, stateDir)).backups).toEqual(["/b.tar", "/a.tar"]);
    await removeKeys(host, stateDir);
  });
});
