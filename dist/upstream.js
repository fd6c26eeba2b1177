import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { createInterface } from "node:readline";

// src/upstream/main.ts
const idleMs = 5e3;
await main(process.argv[2] ?? "");
async function main(folder) {
	Reflect.deleteProperty(globalThis, "fetch");
	const { judgeUpstream } = await loadProgram(folder);
	const endWhenIdle = () => setTimeout(() => process.exit(0), idleMs);
	await writeLine("{\"ready\":true}");
	let idleTimer = endWhenIdle();
	for await (const line of createInterface({ input: process.stdin })) {
		clearTimeout(idleTimer);
		const { kind, items } = JSON.parse(line);
		for (const item of items) await writeLine(`{"answer":${judgeUpstream(kind, JSON.stringify(item))}}`);
		idleTimer = endWhenIdle();
	}
	process.exit(0);
}
async function loadProgram(folder) {
	await import(pathToFileURL(join(folder, "wasm_exec.js")).href);
	const scope = globalThis;
	scope.fs.writeSync = (_, bytes) => {
		writeSync(process.stderr.fd, bytes);
		return bytes.length;
	};
	scope.fs.open = (_path, _flags, _mode, done) => done(Object.assign(/* @__PURE__ */ new Error(), { code: "ENOENT" }));
	const go = new scope.Go();
	go.env = { GOMEMLIMIT: "192MiB" };
	const program = zstdDecompressSync(readFileSync(join(folder, "upstream.wasm.zst")));
	const { instance } = await scope.WebAssembly.instantiate(program, go.importObject);
	go.run(instance).then(() => process.exit(3));
	return scope;
}
async function writeLine(line) {
	await new Promise((done) => process.stdout.write(`${line}\n`, done));
}

export {  };