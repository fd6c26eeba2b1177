// Loaded before a program of Node's (--import): at its end it says how much memory it had at most.
import { appendFileSync, readFileSync } from "node:fs";
import { basename } from "node:path";

process.once("exit", () => {
  const file = process.env["MONSTACK_TEST_PEAKS"];
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  const [, program = "", ...args] = process.argv;
  if (file)
    appendFileSync(
      file,
      `${JSON.stringify({ args: [basename(program), ...args], bytes: Number(peak) * 1024 })}\n`,
    );
});
