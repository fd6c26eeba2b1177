import { readFileSync } from "node:fs";
import { createHost } from "../../../src/host/create.ts";
import { createRecordingLogger } from "../../../src/host/logger.ts";

// As a process of its own: `verify FILE` or `unpack FILE`. It prints the most memory that it had, in MiB.
const [, , action, file = ""] = process.argv;
const host = await createHost();
const context = { host, log: createRecordingLogger(), signal: new AbortController().signal };
// All that a run has loaded, so that it counts.
await import("../../../src/cli/run.ts");
if (action === "verify") {
  const { readBundle } = await import("../../../src/bundle/read.ts");
  await readBundle(host, file, async () => undefined);
} else {
  const { unpackBundle } = await import("../../../src/bundle/unpack.ts");
  await unpackBundle(context, file);
}
const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
process.stdout.write(`${Number(kilobytes) / 1024}\n`);
