import { c as messageOf } from "./chunks/errors.js";
import { n as listen } from "./chunks/server.js";
import { readFile, rename, writeFile } from "node:fs/promises";

// src/forward/main.ts
await main(process.argv[2] ?? "");
async function main(specFile) {
	const spec = JSON.parse(await readFile(specFile, "utf8"));
	const { pid } = process;
	const log = (line) => process.stderr.write(`${(/* @__PURE__ */ new Date()).toISOString()} ${line}\n`);
	try {
		for (const listener of spec.listeners) await listen(listener, log);
	} catch (error) {
		const message = messageOf(error);
		log(message);
		await report(spec, {
			state: "failed",
			pid,
			message
		});
		process.exit(3);
	}
	process.on("uncaughtException", (error) => log(`on a connection: ${messageOf(error)}`));
	process.on("SIGTERM", () => process.exit(0));
	const ports = Object.fromEntries(spec.listeners.map(({ name, port }) => [name, port]));
	await report(spec, {
		state: "listening",
		pid,
		ports
	});
	log(`listening: ${JSON.stringify(ports)}`);
}
async function report({ statusFile }, status) {
	await writeFile(`${statusFile}.new`, JSON.stringify(status), { mode: 384 });
	await rename(`${statusFile}.new`, statusFile);
}

export {  };