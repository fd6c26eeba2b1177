import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";

it("a link that waits where a temporary file will be is not followed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "planted-"));
  try {
    const [path, victim] = [join(folder, "stack.json"), join(folder, "victim")];
    await writeFile(victim, "as it was");
    for (let index = 0; index < 300; index++)
      for (const name of [`${path}.${process.pid}-${index}.new`, `${path}.new`])
        await symlink(victim, name).catch(() => undefined);
    const { files } = await createHost({ PATH: process.env["PATH"] ?? "" });
    await files.write(path, "new", 0o600);
    expect(await readFile(victim, "utf8")).toBe("as it was");
    expect(await readFile(path, "utf8")).toBe("new");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("nothing is left of a file that could not be written", async () => {
  const folder = await mkdtemp(join(tmpdir(), "planted-"));
  try {
    const { files } = await createHost({ PATH: process.env["PATH"] ?? "" });
    async function* broken() {
      yield Buffer.from("half");
      throw new Error("no more");
    }
    await expect(files.write(join(folder, "x"), broken())).rejects.toThrow("no more");
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
