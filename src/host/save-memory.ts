import { setFlagsFromString } from "node:v8";

/**
 * Tells V8 to keep its heap small. What it grows by is garbage, and each small object in it can hold a buffer outside: a run
 * takes some 30 MiB less at its peak, and as long. For a process' first lines, before anything big is loaded.
 */
export function saveMemory(): void {
  // The young generation grows to 16 MiB while bytes stream through: as small as at the start, `bundle verify` peaks at
  // 130 MB rather than 174. The flag that would name its size counts only before V8's start.
  setFlagsFromString("--semi-space-growth-factor=1");
  // The old one grows to a few times what lives in it, unless V8 is told to save.
  setFlagsFromString("--optimize-for-size");
}

/**
 * The same pieces, each good until the next one is asked for: then its memory is given back. V8 sees only the small object
 * before it, and where hundreds of megabytes pass in a second some fifty of them would lie there until it collects.
 * @param pieces that nobody else looks at: from a file or a body, not for a pipeline, which asks before it is done
 */
export async function* eachOnce(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    yield piece;
    const { buffer } = piece;
    // What shares its memory with others is left to the collector.
    if (buffer instanceof ArrayBuffer && buffer.byteLength === piece.byteLength) buffer.transfer(0);
  }
}
