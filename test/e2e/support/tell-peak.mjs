// Loaded before a program of Node's (--import): at its end it says how much memory it had at most.
import { appendFileSync, readFileSync } from "node:fs";

process.once("exit", () => {
  const file = process.env["MONSTACK_TEST_PEAKS"];
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (file)
    appendFileSync(file, `${JSON.stringify({ args: process.argv.slice(2), bytes: Number(peak) * 1024 })}\n`);
});
