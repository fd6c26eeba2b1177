import { saveMemory } from "../host/memory.ts";

saveMemory();
const { runMain } = await import("./run-main.ts");
await runMain(import.meta.dirname);
