import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { guardFiles } from "../../src/host/guards.ts";
import { findWorkspace } from "../../src/host/workspace.ts";

const { files, env } = await createHost();
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-open-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test("a file is written in any order and read at any position", async () => {
  const file = await files.open(join(folder, "new"), "new");
  await file.write([Buffer.from("lo "), Buffer.from("world")], 3);
  await file.write([Buffer.from("hel")], 0);
  expect(text(await file.read(0, 100))).toBe("hello world");
  expect(text(await file.read(6, 3))).toBe("wor");
  expect((await file.read(100, 3)).byteLength).toBe(0);
  await file.close();
  const again = await files.open(join(folder, "new"), "read");
  expect(text(await again.read(0, 5))).toBe("hello");
  await expect(again.write([Buffer.from("x")], 0)).rejects.toThrow("EBADF");
  await again.close();
});

test("a new file is neither an existing one nor behind a link", async () => {
  await files.write(join(folder, "old"), "old");
  await expect(files.open(join(folder, "old"), "new")).rejects.toThrow("EEXIST");
  await symlink("/tmp/elsewhere", join(folder, "link"));
  await expect(files.open(join(folder, "link"), "new")).rejects.toThrow("EEXIST");
  await expect(files.open(join(folder, "none"), "read")).rejects.toThrow("ENOENT");
});

test("in a guarded workspace no link leads out", async () => {
  await symlink("/etc", join(folder, "out"));
  const workspace = findWorkspace(folder, env, []);
  const guarded = guardFiles(files, { workspace, checksReads: true, ownFolders: [] });
  await expect(guarded.open(join(folder, "out/hostname"), "read")).rejects.toThrow("is not touched");
  await expect(guarded.open(join(folder, "out/monstack-new"), "new")).rejects.toThrow("is not touched");
});
