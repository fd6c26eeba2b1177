import { chmod, chown, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import type { FileStat, Host } from "../../src/host/host.ts";
import { checkTrustedFolder, makeTrustedFolder, type Self } from "../../src/host/trusted-folder.ts";

const real = await createHost();
const isRoot = process.geteuid?.() === 0;
/** Of nobody who has an account here. */
const stranger = 54_321;
let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "trusted-"));
  folder = join(root, "above/state");
  await mkdir(folder, { recursive: true, mode: 0o700 });
});
afterEach(() => rm(root, { recursive: true }));

async function outcome(
  env: Host["env"] = {},
  host: Pick<Host, "files"> = real,
  self?: Self,
): Promise<string> {
  const options = { what: "the state folder", choose: "choose another", ...(self && { self }) };
  return await checkTrustedFolder({ ...host, env }, folder, options).then(
    (isThere) => (isThere ? "trusted" : "not there"),
    (error: Error) => error.message,
  );
}

/** A host that has other words on some paths, for what a test can't make. */
function withStat(changes: Readonly<Record<string, Partial<FileStat>>>): Pick<Host, "files"> {
  const look: Host["files"]["stat"] = async (path) => {
    const found = await real.files.stat(path);
    const change = changes[path];
    if (change === undefined) return found;
    const none = { kind: "file", uid: 0, gid: 0, mode: 0o600, bytes: 0, modifiedMs: 0 } as const;
    return { ...(found ?? none), ...change };
  };
  return { files: { ...real.files, stat: look } };
}

describe("a folder that is trusted", () => {
  it("is this user's, below a sticky one that everybody can write to", async () => {
    expect((await lstat(tmpdir())).mode & 0o1000).toBe(0o1000);
    expect(await outcome()).toBe("trusted");
  });

  it("may not be there yet, and is made for its owner only", async () => {
    await rm(join(root, "above"), { recursive: true });
    expect(await outcome()).toBe("not there");
    const options = { what: "the state folder", choose: "choose another" };
    expect(await makeTrustedFolder(real, folder, options)).toEqual({ isNew: true });
    expect((await lstat(folder)).mode & 0o777).toBe(0o700);
    expect(await makeTrustedFolder(real, folder, options)).toEqual({ isNew: false });
  });

  it("and those above it may be writable for a group which is nobody else's (umask 002)", async () => {
    await chmod(join(root, "above"), 0o775);
    await chmod(folder, 0o770);
    const tables = (group: string, passwd = "") => {
      const read: Host["files"]["read"] = async (path) =>
        path === "/etc/group" ? group : `ann:x:${process.geteuid?.()}:77::/home/ann:/bin/sh\n${passwd}`;
      const { files } = withStat({ [join(root, "above")]: { gid: 77 }, [folder]: { gid: 77 } });
      return { files: { ...files, read } };
    };
    expect(await outcome({}, tables("ann:x:77:\n"))).toBe("trusted");
    expect(await outcome({}, tables("ann:x:77:ann\n"))).toBe("trusted");
    for (const others of [
      tables("ann:x:77:ann,eve\n"),
      tables("ann:x:77:\n", "eve:x:9:77::/:/bin/sh\n"),
      tables(""),
    ])
      expect(await outcome({}, others)).toContain(`${root}/above can be written by its group (mode 0775)`);
  });

  it("may lie behind a link of the distribution's own, such as /home", async () => {
    const host = withStat({ "/tmp": { kind: "link", uid: 0 } });
    expect(await outcome({}, host)).toBe("trusted");
    const theirs = withStat({ "/tmp": { kind: "link", uid: stranger } });
    expect(await outcome({}, theirs)).toContain("/tmp is a symbolic link");
  });

  it("belongs to the user behind sudo, for root", async () => {
    const self = { uid: 0, cwd: "/" };
    const host = withStat({
      [folder]: { uid: stranger },
      [join(root, "above")]: { uid: stranger },
      [root]: { uid: 0 },
    });
    expect(await outcome({ SUDO_UID: String(stranger) }, host, self)).toBe("trusted");
    expect(await outcome({ SUDO_UID: "1" }, host, self)).toContain("belongs to another user");
    expect(await outcome({ SUDO_UID: String(stranger) }, host, { uid: 1, cwd: "/" })).toContain("belongs to");
  });

  it("lies below folders of the runner's user, in a job's container where monstack is root", async () => {
    const self = { uid: 0, cwd: "/" };
    const bare = { "/.dockerenv": { kind: "other" }, "/run/.containerenv": { kind: "other" } } as const;
    const owners = {
      ...bare,
      [root]: { uid: stranger },
      [join(root, "above")]: { uid: 0 },
      [folder]: { uid: 0 },
    };
    for (const name of ["GITHUB_WORKSPACE", "RUNNER_TEMP", "HOME"]) {
      expect(await outcome({ [name]: root }, withStat(owners), self)).toContain(
        `${root} belongs to another user`,
      );
      expect(await outcome({ GITHUB_ACTIONS: "true", [name]: root }, withStat(owners), self)).toBe("trusted");
      const container = withStat({ ...owners, "/.dockerenv": { kind: "file", uid: 0 } });
      expect(await outcome({ [name]: root }, container, self)).toBe("trusted");
    }
  });
});

describe("a folder that is not trusted", () => {
  const choice = "; expected: a folder of the user who runs monstack";

  it("is a link, or lies behind one", async () => {
    await symlink(folder, join(root, "link"));
    await symlink(join(root, "above"), join(root, "link-above"));
    for (const [path, named] of [
      [join(root, "link"), "it"],
      [join(root, "link-above/state"), `${root}/link-above`],
    ] as const) {
      folder = path;
      expect(await outcome()).toContain(
        `the state folder ${path} can't be trusted: ${named} is a symbolic link${choice}`,
      );
    }
  });

  it("can be written to by a group of others, or by everybody, sticky or not", async () => {
    for (const [mode, whose] of [
      [0o770, "its group"],
      [0o720, "its group"],
      [0o707, "every user"],
      [0o702, "every user"],
      [0o1777, "every user"],
    ] as const) {
      const host = withStat({ [folder]: { gid: stranger, mode } });
      expect(await outcome({}, host)).toContain(
        `it can be written by ${whose} (mode ${mode.toString(8).padStart(4, "0")})`,
      );
    }
  });

  it("lies in one that everybody can write to, or a group of others", async () => {
    await chmod(join(root, "above"), 0o777);
    expect(await outcome()).toContain(`${root}/above can be written by every user (mode 0777)`);
  });

  it("is a file, or lies behind one", async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, "");
    expect(await outcome()).toContain("it is not a folder");
  });

  // Only root can give a folder away.
  it.skipIf(!isRoot)("belongs to somebody else, or lies in a folder that does", async () => {
    await chown(folder, stranger, stranger);
    expect(await outcome()).toContain(`it belongs to another user (uid ${stranger})`);
    await chown(folder, 0, 0);
    await chown(join(root, "above"), stranger, stranger);
    expect(await outcome()).toContain(`${root}/above belongs to another user (uid ${stranger})`);
  });

  it("was put there by somebody faster, between the look and the making", async () => {
    const wanted = join(root, "new/state");
    const mkdirBehind: Host["files"]["mkdir"] = async () => {
      await mkdir(join(root, "theirs/state"), { recursive: true });
      await symlink(join(root, "theirs"), join(root, "new"));
    };
    const host = { ...real, files: { ...real.files, mkdir: mkdirBehind } };
    const options = { what: "the state folder", choose: "choose another" };
    await expect(makeTrustedFolder(host, wanted, options)).rejects.toThrow(`${root}/new is a symbolic link`);
  });
});
