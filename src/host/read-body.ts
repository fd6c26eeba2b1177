import { formatBytes } from "../lib/quantity.ts";

/** More than any response of a stack has had: the targets of a big Prometheus, all pods of a cluster. */
const mostBodyBytes = 64 * 1024 ** 2;

/** A body has more bytes than its reader takes. */
export class BodyTooLarge extends Error {
  constructor(mostBytes: number) {
    super(
      `the response has more than ${formatBytes(mostBytes)}, which is more than any that is expected; it was not read`,
    );
    this.name = "BodyTooLarge";
  }
}

/**
 * Reads a body to its end as UTF-8. Bytes count as they come out of the decompression: a few kilobytes on the line can
 * be gigabytes then.
 * @throws BodyTooLarge as soon as there are more than `mostBytes`, and what the connection threw. Nothing more is read then.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array> | null,
  mostBytes: number = mostBodyBytes,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  // Ending the loop early cancels the body, and closes the connection.
  for await (const piece of body ?? []) {
    bytes += piece.byteLength;
    if (bytes > mostBytes) throw new BodyTooLarge(mostBytes);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
