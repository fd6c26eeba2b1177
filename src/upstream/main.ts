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

async function main(folder: string): Promise<void> {
  // Go's HTTP client would use it. Nothing here may use the network.
  Reflect.deleteProperty(globalThis, "fetch");
  const { judgeUpstream } = await load(folder);
  const endWhenIdle = () => setTimeout(() => process.exit(0), idleMs);
  await write('{"ready":true}');
  let idle = endWhenIdle();
  for await (const line of createInterface({ input: process.stdin })) {
    clearTimeout(idle);
    const { kind, items } = JSON.parse(line) as ProgramRequest;
    for (const item of items) await write(`{"answer":${judgeUpstream(kind, JSON.stringify(item))}}`);
    idle = endWhenIdle();
  }
  process.exit(0);
}

/** @returns the global scope, once the program has defined its function there */
async function load(folder: string): Promise<GoGlobals> {
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
async function write(line: string): Promise<void> {
  await new Promise((done) => process.stdout.write(`${line}\n`, done));
}
