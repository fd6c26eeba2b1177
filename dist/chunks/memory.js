import { setFlagsFromString } from "node:v8";

// src/host/memory.ts
function saveMemory() {
	setFlagsFromString("--semi-space-growth-factor=1");
	setFlagsFromString("--optimize-for-size");
}
async function* yieldEachOnce(pieces) {
	for await (const piece of pieces) {
		yield piece;
		const { buffer } = piece;
		if (buffer instanceof ArrayBuffer && buffer.byteLength === piece.byteLength) buffer.transfer(0);
	}
}

export { yieldEachOnce as n, saveMemory as t };