import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import type { Host } from "../../src/host/host.ts";
import { loadJournal, openJournal, readJournal, removeJournal } from "../../src/journal/journal.ts";
import { listKeyPaths, makeKey, removeKeys } from "../../src/journal/journal-key.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { at, sealedLines, unsealed, writeLines } from "./journal-files.ts";
import { createMachine } from "./machine.ts";

const real = await createHost();
let root: string;
let stateDir: string;
/** A user's home of the test's own. */
let host: Host;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "journal-"));
  stateDir = join(root, "state");
  await mkdir(stateDir, { mode: 0o700 });
  await mkdir(join(root, "home/.local/state"), { recursive: true });
  host = { ...real, env: { HOME: join(root, "home") } };
});
afterEach(async () => {
  for (const folder of [stateDir, join(root, "other")]) await removeKeys(host, folder);
  await rm(root, { recursive: true });
});

const entries = ["a", "b", "c", "d"].map((name) => ({ kind: "namespace", at, name }));
const names = async (on = host) =>
  (await readJournal(on, stateDir)).map((entry) => "name" in entry && entry.name);

describe("a journal that was changed", () => {
  it.each<[string, (lines: string[]) => string[], number]>([
    ["a word is another one", ([a = "", b = "", ...rest]) => [a, b.replace('"b"', '"x"'), ...rest], 2],
    [
      "the MAC is another one",
      ([a = "", ...rest]) =>
        [a.replace(/"mac":"./, '"mac":"0'), ...rest].map((line, i) =>
          i === 0 ? line.replace(/"mac":"0/, '"mac":"') : line,
        ),
      1,
    ],
    ["two lines have changed places", ([a = "", b = "", ...rest]) => [b, a, ...rest], 1],
    ["two later lines have changed places", ([a = "", b = "", c = "", d = ""]) => [a, c, b, d], 2],
    ["a line is there twice", ([a = "", b = "", ...rest]) => [a, b, b, ...rest], 3],
    ["all lines are there twice", (lines) => [...lines, ...lines], 5],
    ["the first line is gone", ([, ...rest]) => rest, 1],
    ["a line in the middle is gone", ([a = "", , ...rest]) => [a, ...rest], 2],
    ["a line without a MAC was added", (lines) => [...lines, ...unsealed(entries.slice(0, 1))], 5],
    ["a line was added before all", (lines) => [...unsealed(entries.slice(0, 1)), ...lines], 1],
    ["an empty line was added", ([a = "", ...rest]) => [a, "", ...rest], 2],
    ["a line was cut", ([a = "", b = "", ...rest]) => [a, b.slice(0, 20), ...rest], 2],
    [
      "its MAC stands twice",
      ([a = "", ...rest]) => [a.replace(/,"mac":.*/, (mac) => mac.slice(0, -1) + mac), ...rest],
      1,
    ],
    ["spaces were added", ([a = "", ...rest]) => [`${a} `, ...rest], 1],
  ])("is not obeyed, and the line is named, where %s", async (_, change, line) => {
    const path = await writeLines(stateDir, change(await sealedLines(host, stateDir, entries)));
    await expect(readJournal(host, stateDir)).rejects.toThrow(`${path}:${line}: `);
    await expect(openJournal(host, stateDir)).rejects.toThrow(`${path}:${line}: `);
    await expect(tearDown({ ...(await createMachine()).context, host }, { stateDir })).rejects.toThrow(
      "Nothing was undone",
    );
    expect(existsSync(path)).toBe(true);
  });

  it("is obeyed up to a last line that a crash cut off, and so without the last lines", async () => {
    const lines = await sealedLines(host, stateDir, entries);
    const path = await writeLines(stateDir, lines);
    const text = await readFile(path, "utf8");
    for (const cut of [1, 2, 40, (lines[3] ?? "").length]) {
      await writeFile(path, text.slice(0, -cut));
      expect(await names()).toEqual(["a", "b", "c"]);
    }
    // Less is undone then, and nothing that was not done.
    await writeLines(stateDir, lines.slice(0, 2));
    expect(await names()).toEqual(["a", "b"]);
  });

  it("is not obeyed in another folder, nor in its own after its run was torn down", async () => {
    await writeLines(stateDir, await sealedLines(host, stateDir, entries));
    const other = join(root, "other");
    await cp(stateDir, other, { recursive: true });
    await makeKey(host, other, "user");
    await expect(readJournal(host, other)).rejects.toThrow(`${other}/journal.jsonl:1: `);
    await removeJournal(host, stateDir);
    await openJournal(host, stateDir);
    await cp(join(other, "journal.jsonl"), join(stateDir, "journal.jsonl"));
    await expect(readJournal(host, stateDir)).rejects.toThrow(`${stateDir}/journal.jsonl:1: `);
  });

  it("is not followed where it is a link, nor written through one beside it", async () => {
    await writeLines(stateDir, await sealedLines(host, stateDir, entries));
    await cp(join(stateDir, "journal.jsonl"), join(root, "elsewhere"));
    await rm(join(stateDir, "journal.jsonl"));
    await symlink(join(root, "elsewhere"), join(stateDir, "journal.jsonl"));
    await expect(readJournal(host, stateDir)).rejects.toThrow("it is a symbolic link");
    await rm(join(stateDir, "journal.jsonl"));
    await symlink(join(root, "victim"), join(stateDir, "forward.log"));
    await expect(openJournal(host, stateDir)).rejects.toThrow(`${stateDir}/forward.log is a symbolic link`);
    expect(existsSync(join(root, "victim"))).toBe(false);
  });
});

describe("the journal's key", () => {
  it("is outside of the state folder, only for its owner, and goes with the journal", async () => {
    for (const owner of real.rights === "none" ? (["user"] as const) : (["root", "user"] as const)) {
      const journal = await openJournal(host, stateDir, owner);
      await journal.append({ kind: "keep-data", at });
      const key = listKeyPaths(host, stateDir).find((one) => one.owner === owner)?.path ?? "";
      expect(key).toMatch(
        owner === "root" ? /^\/var\/lib\/monstack\/\w{32}\.key$/ : `${root}/home/.local/state/`,
      );
      expect((await host.exec(["stat", "-c", "%a", key])).stdout).toBe("600\n");
      await removeJournal(host, stateDir);
      expect(existsSync(key)).toBe(false);
    }
    expect(existsSync(join(root, "home/.local/state/monstack-keys"))).toBe(false);
  });

  it("of a user is found in each place that it can be in, and no folder stays behind", async () => {
    const homes = { "home/.local/state/monstack-keys": "home", "bare/.monstack-keys": "bare" };
    await mkdir(join(root, "bare"));
    for (const [folder, home] of Object.entries(homes)) {
      const own = { ...host, env: { HOME: join(root, home) } };
      const { path } = await makeKey(own, stateDir, "user");
      expect(path.startsWith(join(root, folder))).toBe(true);
      await removeKeys(own, stateDir);
      expect(existsSync(join(root, folder))).toBe(false);
    }
    const homeless = { ...host, env: { HOME: join(root, "nowhere") } };
    const { path } = await makeKey(homeless, stateDir, "user");
    expect(path.startsWith(`${tmpdir()}/monstack-keys-`)).toBe(true);
    await removeKeys(homeless, stateDir);
    expect(existsSync(path)).toBe(false);
  });

  it("that is of a run that was killed before its first entry goes with `down`", async () => {
    const { path } = await makeKey(host, stateDir, "user");
    await using machine = await createMachine();
    await tearDown({ ...machine.context, host }, { stateDir });
    expect(existsSync(path)).toBe(false);
  });

  it("that is lost is reported with the way to accept this very journal, and no other", async () => {
    const path = await writeLines(stateDir, await sealedLines(host, stateDir, entries));
    await removeKeys(host, stateDir);
    const digest = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const error = await readJournal(host, stateDir).catch((thrown: Error & { fix?: string }) => thrown);
    expect(error).toMatchObject({
      message: expect.stringContaining("this user can read no key of this journal. Nothing was undone"),
      fix: expect.stringContaining(`MONSTACK_ACCEPT_JOURNAL=${digest} monstack down`),
    });
    const accepting = (value: string) => ({ ...host, env: { ...host.env, MONSTACK_ACCEPT_JOURNAL: value } });
    expect(await names(accepting(digest))).toEqual(["a", "b", "c", "d"]);
    for (const other of ["", "1", "true", "0".repeat(64), digest.slice(0, 10)])
      await expect(names(accepting(other))).rejects.toThrow("Nothing was undone");
    await writeFile(path, `${await readFile(path, "utf8")}${unsealed(entries).join("\n")}\n`);
    await expect(names(accepting(digest))).rejects.toThrow("Nothing was undone");
  });

  it("accepts nothing that monstack can't have written, whoever accepts it", async () => {
    const entry = { kind: "file", at, path: "/etc/passwd", root: true, previous: "x" };
    const path = await writeLines(stateDir, unsealed([entry]));
    const digest = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const accepting = { ...host, env: { ...host.env, MONSTACK_ACCEPT_JOURNAL: digest } };
    await expect(readJournal(accepting, stateDir)).rejects.toThrow(
      "/etc/passwd is not a file that monstack replaces",
    );
  });

  it("is the one that the environment gives, for a teardown somewhere else", async () => {
    const given = { ...host, env: { ...host.env, MONSTACK_JOURNAL_KEY: "ab".repeat(32) } };
    await (await openJournal(given, stateDir)).append({ kind: "namespace", at, name: "a" });
    const elsewhere = { ...given, env: { ...given.env, HOME: join(root, "another-home") } };
    expect(await names(elsewhere)).toEqual(["a"]);
    await expect(names()).rejects.toThrow("no key of this journal");
    const wrong = { ...host, env: { MONSTACK_JOURNAL_KEY: "short" } };
    await expect(names(wrong)).rejects.toThrow(
      "MONSTACK_JOURNAL_KEY can't be used: it is not 64 hexadecimal digits",
    );
  });

  it("of a user is not used when others can read it or write it", async () => {
    await writeLines(stateDir, await sealedLines(host, stateDir, entries, "user"));
    const [, key] = listKeyPaths(host, stateDir);
    expect((await stat(key?.path ?? "")).mode & 0o777).toBe(0o600);
    await host.exec(["chmod", "640", key?.path ?? ""]);
    await expect(names()).rejects.toThrow("it can be read by others");
  });

  it("that is in a folder of somebody else's proves nothing, and keeps nobody from a teardown", async () => {
    const open = { ...host, env: { ...host.env, XDG_STATE_HOME: join(root, "open") } };
    await mkdir(join(root, "open"));
    await writeLines(stateDir, await sealedLines(open, stateDir, entries, "user"));
    expect(await names(open)).toEqual(["a", "b", "c", "d"]);
    const folder = join(root, "open/monstack-keys");
    await chmod(folder, 0o777);
    await expect(names(open)).rejects.toThrow("this user can read no key of this journal");
    // Another key, in a place that is looked at first.
    const lines = await sealedLines(host, stateDir, entries, "user");
    await writeLines(stateDir, lines);
    expect(
      await names({ ...open, env: { ...open.env, XDG_STATE_HOME: join(root, "home/.local/state") } }),
    ).toHaveLength(4);
    await removeKeys(open, stateDir);
    expect(existsSync(folder)).toBe(true);
  });

  it.skipIf(real.rights === "none")("of root is not used when others can read it", async () => {
    await writeLines(stateDir, await sealedLines(host, stateDir, entries, "root"));
    const [key] = listKeyPaths(host, stateDir);
    await host.exec(["chmod", "644", key?.path ?? ""], { root: true });
    await expect(names()).rejects.toThrow("it is not a file that only root can read and write");
  });

  it.each([
    { kind: "file", at, path: "/etc/rancher/k3s/registries.yaml", root: true },
    { kind: "sysctl", at, key: "kernel.panic", previous: "0" },
    { kind: "route", at, to: "10.43.0.0/16" },
    { kind: "k3s", at, binary: "/opt/k3s", dataDir: "/var/lib/rancher/k3s", paths: [] },
  ])("of a user makes nothing happen as root: $kind", async (entry) => {
    await writeLines(stateDir, await sealedLines(host, stateDir, [entry], "user"));
    await expect(readJournal(host, stateDir)).rejects.toThrow(
      "a run without root's rights makes no such change",
    );
  });

  it("of a user proves a journal that is then obeyed without sudo", async () => {
    await writeLines(stateDir, await sealedLines(host, stateDir, entries, "user"));
    expect((await loadJournal(host, stateDir))?.owner).toBe("user");
    const asked: boolean[] = [];
    const exec: Host["exec"] = (argv, how = {}) => {
      asked.push(how.root === true);
      return host.exec(argv, how);
    };
    await using machine = await createMachine();
    const { leaks } = await tearDown(
      { ...machine.context, host: { ...host, rights: "sudo", exec } },
      { stateDir },
    );
    expect(leaks).toEqual([]);
    // The only one is the look for a key of root's, and the removal of none.
    expect(asked.filter(Boolean).length).toBeLessThanOrEqual(1);
  });
});

// Only root can run a process as somebody else.
it.skipIf(process.geteuid?.() !== 0)(
  "a run of a user without root's rights is the user's own, and root does not obey it",
  async () => {
    const stranger = { uid: 54_321, gid: 54_321 };
    const home = join(root, "home");
    const own = join(home, "state");
    await chmod(root, 0o755);
    await chown(home, stranger.uid, stranger.gid);
    await chown(join(home, ".local/state"), stranger.uid, stranger.gid);
    await chown(join(home, ".local"), stranger.uid, stranger.gid);
    const source = (path: string) => JSON.stringify(join(import.meta.dirname, "../../src", path));
    const script = `
    const { createHost } = await import(${source("host/create.ts")});
    const { openJournal, loadJournal } = await import(${source("journal/journal.ts")});
    const host = await createHost();
    const journal = await openJournal(host, ${JSON.stringify(own)}, "user");
    await journal.append({ kind: "namespace", at: ${JSON.stringify(at)}, name: "a" });
    const { owner, entries } = await loadJournal(host, ${JSON.stringify(own)});
    console.log(host.rights, owner, entries.map(({ kind }) => kind).join());`;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "-e", script],
      {
        ...stranger,
        cwd: home,
        env: { PATH: "/usr/bin:/bin", HOME: home, TMPDIR: home },
      },
    );
    expect([stdout, stderr]).toEqual(["none user file,namespace\n", ""]);
    // In a container the home folder's owner is trusted with it, and still has no word in what root does.
    for (const HOME of ["/root", home])
      await expect(readJournal({ ...real, env: { HOME } }, own)).rejects.toThrow(
        "belongs to another user (uid 54321)",
      );
    // Behind sudo it is that user's own machine; the key is still the user's, which root does not look for.
    const behind = { ...real, env: { HOME: "/root", SUDO_UID: "54321" } };
    await expect(readJournal(behind, own)).rejects.toThrow("this user can read no key of this journal");
  },
);
