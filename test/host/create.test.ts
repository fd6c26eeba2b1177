import { mkdtemp, readFile, rm, stat, symlink, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { CommandError, Interrupted } from "../../src/lib/errors.ts";

const host = await createHost();

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "monstack-test-"));
  folders.push(folder);
  return folder;
}

describe("exec", () => {
  it("returns both streams and passes the input", async () => {
    const result = await host.exec(["sh", "-c", "cat; echo warning >&2"], { input: "hello" });
    expect(result).toEqual({ stdout: "hello", stderr: "warning\n", exitCode: 0 });
  });

  it("survives a command that ends without reading the megabyte that it is given", async () => {
    const input = "x".repeat(1024 * 1024);
    const runs = Array.from({ length: 20 }, () => host.exec(["true"], { input }));
    expect((await Promise.all(runs)).map(({ exitCode }) => exitCode)).toEqual(runs.map(() => 0));
  });

  it("never goes through a shell", async () => {
    const { stdout } = await host.exec(["echo", "$HOME; echo two"]);
    expect(stdout).toBe("$HOME; echo two\n");
  });

  it("throws with the command, the exit code and the last words", async () => {
    const failing = host.exec(["sh", "-c", "echo no such chart >&2; exit 7"]);
    await expect(failing).rejects.toThrow(
      "sh -c echo no such chart >&2; exit 7 ended with exit code 7: no such chart",
    );
  });

  it("returns a failure when asked to", async () => {
    expect((await host.exec(["false"], { allowFailure: true })).exitCode).toBe(1);
  });

  it("ends a command that runs too long, even when failures are allowed", async () => {
    const started = Date.now();
    const slow = host.exec(["sleep", "20"], { timeoutMs: 300, allowFailure: true });
    await expect(slow).rejects.toThrow(/ran longer than 0.3 s/);
    expect(Date.now() - started).toBeLessThan(5000);
  });

  it("says so when a program is missing", async () => {
    await expect(host.exec(["no-such-program-at-all"])).rejects.toBeInstanceOf(CommandError);
  });
});

describe("startDetached", () => {
  it("starts a process in a session of its own, its output in the log file", async () => {
    const folder = await temporary();
    const logFile = join(folder, "logs", "out.log");
    const { pid } = await host.startDetached(["sh", "-c", "echo $MARK; exec sleep 30"], {
      logFile,
      env: { MARK: "here" },
    });
    try {
      const session = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ")[3];
      expect(session).toBe(String(pid));
      await expect.poll(() => readFile(logFile, "utf8")).toBe("here\n");
    } finally {
      process.kill(pid, "SIGKILL");
    }
  });

  it("rejects when the program can't be started", async () => {
    const folder = await temporary();
    const starting = host.startDetached(["/no/such/program"], { logFile: join(folder, "out.log") });
    await expect(starting).rejects.toThrow(/could not be started/);
  });
});

describe("files", () => {
  it("writes the same file from several places at once", async () => {
    const path = join(await temporary(), "chart.tgz");
    const content = "x".repeat(1024 * 1024);
    await Promise.all(Array.from({ length: 20 }, () => host.files.write(path, content)));
    expect(await host.files.read(path)).toBe(content);
  });

  it("writes whole files with their mode, and reads undefined where there is none", async () => {
    const folder = await temporary();
    const path = join(folder, "a", "secret.yaml");
    await host.files.write(path, "x", 0o600);
    expect(await host.files.read(path)).toBe("x");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await host.files.list(join(folder, "a"))).toEqual(["secret.yaml"]);
    expect(await host.files.read(join(folder, "none"))).toBeUndefined();
  });

  it("renames a folder to a free name, and to one that is taken not", async () => {
    const folder = await temporary();
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    await host.files.write(join(one, "file"), "1");
    await host.files.mkdir(two);
    expect(await host.files.renameFolder(one, two)).toBe(true);
    await host.files.write(join(one, "file"), "2");
    expect(await host.files.renameFolder(one, two)).toBe(false);
    expect(await host.files.read(join(two, "file"))).toBe("1");
  });

  it("tells what is there and when it was last touched", async () => {
    const folder = await temporary();
    const path = join(folder, "file");
    await host.files.write(path, "four");
    await utimes(path, 1, 1);
    expect(await host.files.stat(path)).toEqual({
      kind: "file",
      bytes: 4,
      modifiedMs: 1_000,
      uid: process.geteuid?.(),
      gid: process.getegid?.(),
      mode: 0o644,
    });
    await host.files.touch(path);
    expect((await host.files.stat(path))?.modifiedMs).toBeGreaterThan(Date.now() - 60_000);
    await symlink(path, join(folder, "link"));
    expect(await host.files.stat(join(folder, "link"))).toMatchObject({ kind: "link" });
    expect(await host.files.stat(folder)).toMatchObject({ kind: "folder" });
    expect(await host.files.stat(join(folder, "none"))).toBeUndefined();
    await host.files.touch(join(folder, "none"));
  });

  it("appends lines", async () => {
    const path = join(await temporary(), "journal.jsonl");
    await host.files.appendDurably(path, "1\n");
    await host.files.appendDurably(path, "2\n");
    expect(await host.files.read(path)).toBe("1\n2\n");
  });

  it.skipIf(host.rights === "none")("writes and removes as root", async () => {
    const path = join(await temporary(), "etc", "file");
    await host.files.writeAsRoot(path, "by root", 0o640);
    expect(await host.files.readAsRoot(path)).toBe("by root");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    await host.files.removeAsRoot(path);
    expect(await host.files.exists(path)).toBe(false);
  });
});

describe("sleep", () => {
  it("is cut short by the signal", async () => {
    await expect(host.sleep(10_000, AbortSignal.timeout(20))).rejects.toBeInstanceOf(Interrupted);
  });
});
