#!/usr/bin/env node
import { saveMemory } from "../host/memory.ts";

saveMemory();

// The oldest version that undici 8 supports (zstd of node:zlib needs less). Without this message, an older Node ends with
// a stack trace.
const oldestNode = [22, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
  process.stderr.write(
    `monstack needs Node ${oldestNode.join(".")} or newer; this is ${process.version}\nto fix it: install a newer Node, e.g. \`npx -p node@24 monstack ...\`\n`,
  );
  process.exitCode = 3;
} else {
  const { runCli } = await import("./run.ts");
  process.exitCode = await runCli(process.argv.slice(2), import.meta.dirname);
}
