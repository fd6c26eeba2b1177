import { chmod, chown, lchown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHost } from "../../src/host/create.ts";
import type { Files } from "../../src/host/host.ts";
import { findUntrusted as findUntrustedPart } from "../../src/host/trusted-folder.ts";

const { files } = await createHost();
const findUntrusted = (path: string) => findUntrustedPart(files, path);

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "monstack-trust-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function folder(path: string, mode = 0o755): Promise<string> {
  const whole = join(root, path);
  await mkdir(whole, { recursive: true });
  await chmod(whole, mode);
  return whole;
}

describe("a path that no other user can change is trusted", () => {
  test("a folder of this user, below the sticky /tmp", async () => {
    expect(await findUntrusted(await folder("a/b"))).toBeUndefined();
  });

  test("one that doesn't exist yet, and one below a file", async () => {
    expect(await findUntrusted(join(await folder("a"), "b/c"))).toBeUndefined();
    await writeFile(join(root, "file"), "");
    expect(await findUntrusted(join(root, "file/x"))).toBeUndefined();
  });

  test("one that a link of ours leads to, with .. in it", async () => {
    await folder("a/b");
    await folder("c");
    await symlink("../c/../a/b", join(root, "c/link"));
    expect(await findUntrusted(join(root, "c/link"))).toBeUndefined();
  });

  test("one that only the own group, which has no other member, may write", async () => {
    const gid = process.getgid?.() ?? 0;
    const lines = (await readFile("/etc/group", "utf8")).split("\n").map((line) => line.split(":"));
    const others = lines.find((line) => line[2] === String(gid))?.[3] ?? "?";
    if (others !== "") return;
    expect(await findUntrusted(await folder("a", 0o775))).toBeUndefined();
  });
});

describe("a path that another user can change is named, with the reason", () => {
  test.each([
    ["the folder itself, open to everybody", "a/b", "a/b", 0o777],
    ["the folder itself, open to everybody and sticky", "a/b", "a/b", 0o1777],
    ["a folder above it, open to everybody", "a/b", "a", 0o777],
    ["a folder far above it", "a/b/c/d", "a", 0o757],
  ])("%s", async (_name, path, open, mode) => {
    const whole = await folder(path);
    await chmod(join(root, open), mode);
    expect(await findUntrusted(whole)).toEqual({
      path: join(root, open),
      why: `can be written by every user (mode ${mode.toString(8).padStart(4, "0")})`,
    });
  });

  test("what a link leads to, and where a link in between lies", async () => {
    await folder("open/inner");
    await symlink("open/inner", join(root, "direct"));
    await folder("shut");
    await symlink("../shut", join(root, "open/link"));
    await symlink("open/link", join(root, "detour"));
    await chmod(join(root, "open"), 0o777);
    for (const name of ["direct", "detour", "open/../open/inner"])
      expect(await findUntrusted(`${root}/${name}`), name).toMatchObject({ path: join(root, "open") });
  });

  test("links in a circle", async () => {
    await symlink("b", join(root, "a"));
    await symlink("a", join(root, "b"));
    expect(await findUntrusted(join(root, "a"))).toMatchObject({ why: "leads through too many links" });
  });

  test("a part that this user may not even look at", async () => {
    const refused = Object.assign(new Error("EACCES: permission denied, lstat"), { code: "EACCES" });
    const shutFiles: Files = {
      ...files,
      stat: (path) => (path.startsWith(`${root}/shut/`) ? Promise.reject(refused) : files.stat(path)),
    };
    await folder("shut");
    expect(await findUntrustedPart(shutFiles, join(root, "shut/inner/a"))).toEqual({
      path: join(root, "shut/inner"),
      why: "can't be accessed by this user",
    });
  });

  test.runIf(isRoot)("another owner, of a folder or of a link", async () => {
    const whole = await folder("a/b");
    await chown(join(root, "a"), nobody, nobody);
    expect(await findUntrusted(whole)).toEqual({
      path: join(root, "a"),
      why: `belongs to another user (uid ${nobody})`,
    });
    await folder("own");
    await symlink("own", join(root, "link"));
    await lchown(join(root, "link"), nobody, nobody);
    expect(await findUntrusted(join(root, "link"))).toMatchObject({ path: join(root, "link") });
  });

  test.runIf(isRoot)("a group that is nobody's alone", async () => {
    const whole = await folder("a", 0o775);
    await chown(whole, 0, 54321);
    expect(await findUntrusted(whole)).toMatchObject({ why: "can be written by its group (mode 0775)" });
  });
});
