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
  const run = await startBundle("cli.js", ["verify", ...stack.args], {
    cwd: stack.folder,
    env,
    timeoutMs: 180_000,
  }).finished;
  const seconds = (performance.now() - began) / 1000;
  const used = JSON.parse(/^USED (.*)$/m.exec(run.stderr)?.[1] ?? "{}") as {
    mebibytes: number;
    cpuSeconds: number;
  };
  console.log(JSON.stringify({ scale, seconds, ...used, loads: stack.loads }));
  return { ...run, seconds, ...used, loads: stack.loads };
}

/** What Prometheus itself evaluates at once by default (--query.max-concurrency). */
const maxAtOnce = 20;

describe("verifying a stack of 5,000 targets, 8,000 panels and 2 million series", () => {
  // `npm run bench -- --only scale` compares with 30 s and 300 MB on an idle machine; here other tests run beside it.
  it("passes, in time that grows with its size, in bounded memory, with a bounded number of requests at once", async () => {
    const quarter = await verify(quarterScale);
    const full = await verify(fullScale);
    expect(quarter.exitCode, quarter.stderr).toBe(0);
    expect(full.exitCode, full.stderr).toBe(0);
    // Four times of everything: twice the proportion would be quadratic.
    expect(full.cpuSeconds).toBeLessThan(6 * quarter.cpuSeconds);
    expect(full.mebibytes).toBeLessThan(500);
    for (const { loads } of [quarter, full])
      for (const load of Object.values(loads)) expect(load.maxAtOnce).toBeLessThanOrEqual(maxAtOnce);
  }, 400_000);
});
