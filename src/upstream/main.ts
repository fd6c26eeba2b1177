import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import type { ProgramRequest } from "./protocol.ts";

/** What Go's wasm_exec.js and the program leave in the global scope. */
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

/** Its memory is not kept for a question that may never come. */
const idleMs = 5_000;

// A process of its own: it reads requests line by line and ends with its input. Its only argument is the folder of the
// program.
await main(process.argv[2] ?? "");

async function main(folder: string): Promise<void> {
  // Go's HTTP client would use it. Nothing here may ask the network.
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

/** @returns the global scope, once the program has put its function there */
async function load(folder: string): Promise<GoGlobals> {
  await import(pathToFileURL(join(folder, "wasm_exec.js")).href);
  const scope = globalThis as unknown as GoGlobals;
  // What the program prints, as its last words.
  scope.fs.writeSync = (_, bytes) => {
    writeSync(process.stderr.fd, bytes);
    return bytes.length;
  };
  // There is no file for it: so a time zone that does not exist is unknown, as everywhere.
  scope.fs.open = (_path, _flags, _mode, done) => done(Object.assign(new Error(), { code: "ENOENT" }));
  const go = new scope.Go();
  go.env = { GOMEMLIMIT: "192MiB" };
  const program = zstdDecompressSync(readFileSync(join(folder, "upstream.wasm.zst")));
  const { instance } = await scope.WebAssembly.instantiate(program, go.importObject);
  // It ends only when the Go program has crashed; why stands in its last words.
  void go.run(instance).then(() => process.exit(3));
  return scope;
}

/** Writes one `ProgramLine`. It is out before the next item is tried, which may be the last. */
async function write(line: string): Promise<void> {
  await new Promise((done) => process.stdout.write(`${line}\n`, done));
}
