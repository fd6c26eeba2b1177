import { setFlagsFromString } from "node:v8";

// src/host/save-memory.ts
function saveMemory() {
	setFlagsFromString("--semi-space-growth-factor=1");
	setFlagsFromString("--optimize-for-size");
}

export { saveMemory as t };