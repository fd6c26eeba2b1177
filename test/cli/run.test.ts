import { expect, test } from "vitest";
import { runCli } from "../../src/cli/run.ts";

test("a bug keeps its stack, and its message is no command to a runner and steers no terminal", async () => {
  let stderr = "";
  const env = new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === "GITHUB_ACTIONS") return undefined;
        throw new TypeError("bug ##[error]x\n::stop-commands::y \u001b[2J http://ann:s3cret@host/");
      },
    },
  );
  const exitCode = await runCli(["plan", "--offline"], "/nowhere", {
    cwd: "/",
    env,
    stdout: () => {},
    stderr: (text) => {
      stderr += text;
    },
  }).catch(() => "thrown");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("TypeError: bug ##\\[error]x\n");
  expect(stderr).toMatch(/\n +\\::stop-commands::y \\x1b\[2J http:\/\/\*\*\*@host\/\n/);
  expect(stderr).toMatch(/\n +at .*run\.test\.ts/);
});
