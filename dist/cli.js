#!/usr/bin/env node
import { n as saveMemory } from "./chunks/memory.js";

// src/cli/main.ts
saveMemory();
const oldestNode = [22, 19];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldestNode[0] || major === oldestNode[0] && minor < oldestNode[1]) {
	process.stderr.write(`monstack needs Node ${oldestNode.join(".")} or newer; this is ${process.version}\nto fix it: install a newer Node, e.g. \`npx -p node@24 monstack ...\`\n`);
	process.exitCode = 3;
} else {
	const { runCli } = await import("./chunks/run.js");
	process.exitCode = await runCli(process.argv.slice(2), import.meta.dirname);
}

export {  };