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
