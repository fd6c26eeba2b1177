import { formatBytes } from "../lib/quantity.ts";

/** Maximum size of a response of the stack. The targets of a big Prometheus or all pods of a cluster are smaller. */
const maxBodyBytes = 64 * 1024 ** 2;

/** A response's body has more bytes than its reader accepts. */
export class BodyTooLarge extends Error {
  constructor(maxBytes: number) {
    super(
      `the response has more than ${formatBytes(maxBytes)}, which is more than any that is expected; it was not read`,
    );
    this.name = "BodyTooLarge";
  }
}

/**
 * Returns a body as UTF-8 text. Counts bytes after decompression: a few compressed kilobytes can become gigabytes.
 * @throws BodyTooLarge as soon as there are more than `maxBytes`, without reading further; and the connection's error
 */
export async function readBody(
  body: AsyncIterable<Uint8Array> | null,
  maxBytes: number = maxBodyBytes,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  // Leaving the loop early cancels the body and closes the connection.
  for await (const piece of body ?? []) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw new BodyTooLarge(maxBytes);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
