import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startBundle } from "../dist/support/bundle.ts";
import { environmentOf, startLargeStack } from "./stack.ts";
import { fullScale, quarterScale, type Scale } from "./world.ts";

/** At its end a process says what it has used at most. */
const report = `import { writeSync } from "node:fs";
process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  writeSync(2, "USED " + JSON.stringify({ mebibytes: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 }) + "\\n");
});
`;

async function verify(scale: Scale) {
  await using stack = await startLargeStack(scale);
  const preload = join(stack.folder, "report.mjs");
  await writeFile(preload, report);
  const env = { ...environmentOf(stack.home), NODE_OPTIONS: `--import=${preload}` };
  const began = performance.now();
  const run = await startBundle("cli.js", ["verify", ...stack.args], { cwd: stack.folder, env }).finished;
  const seconds = (performance.now() - began) / 1000;
  const used = JSON.parse(/^USED (.*)$/m.exec(run.stderr)?.[1] ?? "{}") as {
    mebibytes: number;
    cpuSeconds: number;
  };
  console.log(JSON.stringify({ scale, seconds, ...used, loads: stack.loads }));
  return { ...run, seconds, ...used, loads: stack.loads };
}

describe("verifying a stack of 5,000 targets, 8,000 panels and 2 million series", () => {
  it("takes less than 30 s and 300 MB, and sends a bounded number of requests at once", async () => {
    const full = await verify(fullScale);
    expect(full.exitCode, full.stderr).toBe(0);
    expect(full.seconds).toBeLessThan(30);
    expect(full.mebibytes).toBeLessThan(300e6 / 1024 ** 2);
    expect(full.loads.prometheus.mostAtOnce).toBeLessThanOrEqual(8);
    expect(full.loads.grafana.mostAtOnce).toBeLessThanOrEqual(8);
  }, 120_000);

  it("takes time in proportion to the stack's size", async () => {
    const quarter = await verify(quarterScale);
    const full = await verify(fullScale);
    expect(quarter.exitCode, quarter.stderr).toBe(0);
    // The time for starting makes it less than 4 times; twice the proportion would be quadratic.
    expect(full.cpuSeconds).toBeLessThan(6 * quarter.cpuSeconds);
  }, 120_000);
});
