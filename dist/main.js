import { n as saveMemory } from "./chunks/memory.js";

// src/action/main.ts
saveMemory();
const { runMain } = await import("./chunks/run-main.js");
await runMain(import.meta.dirname);

export {  };