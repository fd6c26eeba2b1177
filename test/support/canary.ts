import { gunzipSync } from "node:zlib";

/** A secret that occurs nowhere by chance, with characters that every encoding writes another way. */
export const canary = `cAnAry"<7>&'/+?%\\${"ö"}=x9-Zq`;

/** One that may stand where only a word's characters can, e.g. in a URL or a header. */
export const plainCanary = "c4nAryZq7xw-Vb2kT9";

/**
 * Looks for a secret in an output, in every form that it can be written in: as it is, in JSON, in URLs, in HTML, in a
 * shell, in Base64 at each alignment, in hexadecimal digits, compressed. A piece of it counts too.
 * @returns what was found, each with some characters around it; empty: nothing
 */
export function findCanary(output: string | Uint8Array, secret: string = plainCanary): string[] {
  const bytes = Buffer.from(output);
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8");
  const lower = text.toLowerCase();
  return formsOf(secret).flatMap(([form, written]) => {
    const at = lower.indexOf(written.toLowerCase());
    return at < 0 ? [] : [`${form}: ${text.slice(Math.max(0, at - 80), at + written.length + 40)}`];
  });
}

function formsOf(secret: string): (readonly [form: string, written: string])[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const third = Math.floor(secret.length / 3);
  return [
    ["as it is", secret],
    ["its beginning", secret.slice(0, Math.max(third, 6))],
    ["its end", secret.slice(-Math.max(third, 6))],
    ["in JSON", json],
    ["in JSON in JSON", JSON.stringify(json).slice(1, -1)],
    ["in a URL", encodeURIComponent(secret)],
    ["in a form", new URLSearchParams({ a: secret }).toString().slice(2)],
    ["in HTML", secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")],
    ["in a shell", secret.replaceAll("'", `'\\''`)],
    ["in hexadecimal digits", Buffer.from(secret).toString("hex")],
    ...["", "x", "xx"].map(
      (before) =>
        [
          `in Base64 behind ${before.length} bytes`,
          Buffer.from(before + secret)
            .toString("base64")
            .slice(before.length === 0 ? 0 : 4)
            .slice(0, -4),
        ] as const,
    ),
  ];
}
