import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import type { ProgramRequest } from "./protocol.ts";

/** The globals that Go's wasm_exec.js and the program define. */
interface GoGlobals {
  Go: new () => {
    argv: string[];
    env: Record<string, string>;
    readonly importObject: object;
    run(instance: object): Promise<void>;
  };
  WebAssembly: { instantiate(program: Uint8Array, imports: object): Promise<{ readonly instance: object }> };
  fs: {
    writeSync(fd: number, bytes: Uint8Array): number;
    open(path: string, flags: number, mode: number, done: (error: Error) => void): void;
  };
  judgeUpstream(kind: string, item: string): string;
}

/** The process ends after this time without a request, to free its memory. */
const idleMs = 5_000;

// The entry of a process of its own, which reads requests line by line and ends with its input. Its only argument is the
// program's folder.
await main(process.argv[2] ?? "");

/** Answers requests from stdin, one per line, until stdin ends or no request arrives for a while. */
async function main(folder: string): Promise<void> {
  // Go's HTTP client would use fetch. This process must not use the network.
  Reflect.deleteProperty(globalThis, "fetch");
  const { judgeUpstream } = await loadProgram(folder);
  const endWhenIdle = () => setTimeout(() => process.exit(0), idleMs);
  await writeLine('{"ready":true}');
  let idleTimer = endWhenIdle();
  for await (const line of createInterface({ input: process.stdin })) {
    clearTimeout(idleTimer);
    const { kind, items } = JSON.parse(line) as ProgramRequest;
    for (const item of items) await writeLine(`{"answer":${judgeUpstream(kind, JSON.stringify(item))}}`);
    idleTimer = endWhenIdle();
  }
  process.exit(0);
}

/**
 * Returns the global scope after the Go program has defined its function there. Ends the process if the program
 * crashes.
 */
async function loadProgram(folder: string): Promise<GoGlobals> {
  await import(pathToFileURL(join(folder, "wasm_exec.js")).href);
  const scope = globalThis as unknown as GoGlobals;
  // The program's output goes to stderr, where `judge.ts` reads the reason of a crash.
  scope.fs.writeSync = (_, bytes) => {
    writeSync(process.stderr.fd, bytes);
    return bytes.length;
  };
  // The program has no files, so that time zones come from its own data only.
  scope.fs.open = (_path, _flags, _mode, done) => done(Object.assign(new Error(), { code: "ENOENT" }));
  const go = new scope.Go();
  go.env = { GOMEMLIMIT: "192MiB" };
  const program = zstdDecompressSync(readFileSync(join(folder, "upstream.wasm.zst")));
  const { instance } = await scope.WebAssembly.instantiate(program, go.importObject);
  // It resolves only when the Go program has crashed.
  void go.run(instance).then(() => process.exit(3));
  return scope;
}

/** Writes one `ProgramLine` and waits until it is sent: the next item may crash the process. */
async function writeLine(line: string): Promise<void> {
  await new Promise((done) => process.stdout.write(`${line}\n`, done));
}
