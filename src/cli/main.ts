#!/usr/bin/env node
import { saveMemory } from "../host/memory.ts";

saveMemory();

// What undici 8 wants, and more than zlib's zstd does; without a word of ours an older Node ends with a stack trace.
const oldest = [22, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(
    `monstack needs Node ${oldest.join(".")} or newer; this is ${process.version}\nto fix it: install a newer Node, e.g. \`npx -p node@24 monstack ...\`\n`,
  );
  process.exitCode = 3;
} else {
  const { runCli } = await import("./run.ts");
  process.exitCode = await runCli(process.argv.slice(2), import.meta.dirname);
}
