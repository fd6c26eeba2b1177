import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { startMachine } from "./support/machine.ts";

const cli = resolve(import.meta.dirname, "../../dist/cli.js");

/** A user as runners have one: not root, but sudo works without a password. */
const user = `
set -e
useradd --no-create-home --home-dir "$1" runner
echo 'runner ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/runner
mkdir "$1"
chown runner "$1"
`;

it("a user with sudo gets the whole job, owns the report, and has nothing left in their home but the cache", async () => {
  await using machine = await startMachine();
  const home = join(machine.folder, "home");
  await machine.run(["chmod", "755", machine.folder]);
  const made = await machine.run(["bash", "-c", user, "bash", home]);
  expect(made.exitCode, made.output).toBe(0);
  const as = ["setpriv", "--reuid=runner", "--regid=runner", "--clear-groups", "env", `HOME=${home}`];
  const report = join(home, "report");
  const run = await machine.run([...as, process.execPath, cli, "run", "--report-dir", report]);
  expect(run.exitCode, run.output).toBe(0);
  expect(run.output).toContain("torn down, nothing left");
  const left = await machine.run(["find", home, "!", "-path", `${home}/.cache/*`, "-printf", "%u %P\\n"]);
  const names = left.stdout.trim().split("\n").sort();
  expect(names).toEqual([
    "runner ",
    "runner .cache",
    "runner .local",
    "runner .local/state",
    "runner report",
    "runner report/results.json",
    "runner report/summary.md",
  ]);
});
