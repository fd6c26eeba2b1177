import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openJournal } from "../../src/journal/journal.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { createMachine, hostBefore, type Machine } from "./machine.ts";

const source = (path: string) => JSON.stringify(join(import.meta.dirname, "../../src", path));

/** A run that is killed outright while a command reads a values file that holds a password. */
async function killedRun({ root, stateDir }: Machine): Promise<string> {
  const tmp = join(root, "tmp");
  await mkdir(tmp);
  const script = `
    const { createHost } = await import(${source("host/create.ts")});
    const { openJournal } = await import(${source("journal/journal.ts")});
    const host = await createHost();
    const journal = await openJournal(host, ${JSON.stringify(stateDir)});
    await journal.append({ kind: "temporary", at: new Date().toISOString(), path: host.temporary.folder });
    await host.files.withTemp("values-", async (folder) => {
      await host.files.write(folder + "/values.yaml", "adminPassword: hunter2", 0o600);
      await host.exec(["sh", "-c", 'mktemp >/dev/null; echo ready > "$1"; exec sleep 3', ${JSON.stringify(root)}, ${JSON.stringify(join(root, "ready"))}]);
    });`;
  const argv = ["--input-type=module", "-e", script];
  const child = spawn(process.execPath, argv, { env: { ...process.env, TMPDIR: tmp }, stdio: "inherit" });
  await expect.poll(() => existsSync(join(root, "ready")), { timeout: 10_000 }).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  return tmp;
}

describe("what a killed run had in the temporary folder", () => {
  it("is closed to others, and goes with `down`, a file with a password among it", async () => {
    await using machine = await createMachine();
    const tmp = await killedRun(machine);
    const [name = ""] = await readdir(tmp);
    expect((await stat(join(tmp, name))).mode & 0o777).toBe(0o700);
    const [values] = (await readdir(join(tmp, name))).filter((found) => found.startsWith("values-"));
    expect(await readFile(join(tmp, name, values ?? "", "values.yaml"), "utf8")).toContain("hunter2");
    const { leaks, did } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([]);
    expect(did).toContain("removed the temporary files of a run that was killed");
    expect(await readdir(tmp)).toEqual([]);
  });

  it("is not removed where it is another one than monstack makes, and is reported", async () => {
    await using machine = await createMachine();
    // Of the right name, and open to others.
    const precious = join(machine.root, "monstack-run-1.2.0a.3.01234567");
    await mkdir(precious, { mode: 0o755 });
    const journal = await openJournal(machine.context.host, machine.stateDir);
    const at = new Date().toISOString();
    await journal.append({ kind: "begin", at, before: await hostBefore(machine), version: "0.1.0" });
    await journal.append({ kind: "temporary", at, path: precious });
    const { leaks } = await tearDown(machine.context, machine);
    expect(leaks).toEqual([{ kind: "path", what: precious }]);
    expect(existsSync(precious)).toBe(true);
  });
});
