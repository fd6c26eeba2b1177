import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { createTemporary } from "../../src/host/temporary.ts";

const root = await mkdtemp(join(tmpdir(), "monstack-test-"));
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder as a process would have it, with a file in it. */
async function leftBehind(parent: string, change: (name: string) => string): Promise<string> {
  const path = join(parent, change(basename(createTemporary(parent).folder)));
  await mkdir(path, { mode: 0o700 });
  await writeFile(join(path, "values.yaml"), "adminPassword: hunter2", { mode: 0o644 });
  return path;
}

async function newParent(): Promise<string> {
  return await mkdtemp(join(root, "tmp-"));
}

/** Another process: one that has ended, unless it is this one's parent. */
const ended = (name: string) => name.replace(/-run-\d+\./, "-run-4194303.");
const elsewhere = (name: string) => name.replace(/\.\d+\.([0-9a-f]{8})$/, ".1.$1");

describe("the temporary files of a process", () => {
  it("are in one folder that only its user may enter, and that goes with its last use", async () => {
    const parent = await newParent();
    const temporary = createTemporary(parent);
    expect(await readdir(parent)).toEqual([]);
    await Promise.all(
      Array.from({ length: 20 }, () =>
        temporary.use(async (folder) => {
          expect((await stat(folder)).mode & 0o777).toBe(0o700);
          await writeFile(join(folder, "x"), "x");
        }),
      ),
    );
    expect(await readdir(parent)).toEqual([]);
  });

  it("are the files that the commands it runs make, too", async () => {
    const host = await createHost();
    const made = await host.exec(["sh", "-c", 'mktemp; ls -ld "$TMPDIR"']);
    expect(made.stdout).toContain(`${host.temporary.folder}/tmp.`);
    expect(made.stdout).toContain("drwx------");
    expect(existsSync(host.temporary.folder)).toBe(false);
    await host.files.withTemp("values-", async (path) =>
      expect(path.startsWith(`${host.temporary.folder}/values-`)).toBe(true),
    );
    expect(existsSync(host.temporary.folder)).toBe(false);
  });

  it("go when the process ends in the middle", async () => {
    const parent = await newParent();
    const script = `
      const { createTemporary } = await import(${JSON.stringify(join(import.meta.dirname, "../../src/host/temporary.ts"))});
      createTemporary(${JSON.stringify(parent)}).use(async () => process.exit(3));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    expect(await new Promise((done) => child.once("exit", done))).toBe(3);
    expect(await readdir(parent)).toEqual([]);
  });
});

describe("temporary folders of killed processes", () => {
  it("are removed by the next one, and those of running ones stay", async () => {
    const parent = await newParent();
    const stale = await leftBehind(parent, ended);
    const reused = await leftBehind(parent, (name) => name.replace(/(-run-\d+)\.\d+\./, "$1.17."));
    const running = await leftBehind(parent, (name) => name);
    await mkdir(join(parent, "monstack-run-mine"));
    expect((await createTemporary(parent).removeStale()).sort()).toEqual([stale, reused].sort());
    expect((await readdir(parent)).sort()).toEqual([basename(running), "monstack-run-mine"].sort());
  });

  it("are left alone where their process can't be seen, unless they are old", async () => {
    const parent = await newParent();
    const young = await leftBehind(parent, (name) => ended(elsewhere(name)));
    const old = await leftBehind(parent, (name) => ended(elsewhere(name)));
    const before = Date.now() / 1000 - 25 * 3600;
    await utimes(old, before, before);
    expect(await createTemporary(parent).removeStale()).toEqual([old]);
    expect(await readdir(parent)).toEqual([basename(young)]);
  });

  it("are never followed through a link, nor removed when others may write in them", async () => {
    const parent = await newParent();
    const precious = join(await newParent(), "precious");
    await mkdir(precious, { mode: 0o700 });
    await writeFile(join(precious, "data"), "x");
    const linked = join(parent, ended(basename(createTemporary(parent).folder)));
    await symlink(precious, linked);
    const open = await leftBehind(parent, ended);
    await chmod(open, 0o777);
    const temporary = createTemporary(parent);
    expect(await temporary.removeStale()).toEqual([]);
    for (const path of [linked, open, precious])
      await expect(temporary.removeLeftFolder(path)).rejects.toThrow("not a temporary folder");
    expect(existsSync(join(precious, "data"))).toBe(true);
  });

  it("refuse a process whose folder somebody else has made", async () => {
    const parent = await newParent();
    const temporary = createTemporary(parent);
    await mkdir(temporary.folder);
    await chmod(temporary.folder, 0o777);
    await expect(temporary.use(async () => undefined)).rejects.toThrow("was made by somebody else");
  });
});
