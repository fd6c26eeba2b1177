import { setFlagsFromString } from "node:v8";

// src/host/memory.ts
function saveMemory() {
	setFlagsFromString("--semi-space-growth-factor=1");
	setFlagsFromString("--heap-growing-percent=50");
}
async function* yieldEachOnce(pieces) {
	for await (const piece of pieces) {
		yield piece;
		freeMemory(piece);
	}
}
function freeMemory({ buffer, byteLength }) {
	if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

export { saveMemory as n, yieldEachOnce as r, freeMemory as t };