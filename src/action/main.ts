import { saveMemory } from "../host/save-memory.ts";

saveMemory();
const { runMain } = await import("./run-main.ts");
await runMain(import.meta.dirname);
