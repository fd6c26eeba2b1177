import { shortSecret } from "./forms.ts";

/** A cut shows where it is, or is the end of the text. */
const cuts = /\.{3}|…| and \d+ more|["'`)\]}]{0,4}$/g;

/** Longer texts are cut after they were redacted. */
const longestText = 100_000;

/** Characters of a secret that are looked for before a cut. */
const mostOfSecret = 256;

/**
 * Masks the beginning of a secret where the text was cut within it: half a password is known to nobody.
 * @param forms of the secrets, as they can be written
 */
export function maskCut(text: string, forms: readonly string[], replacement: string): string {
  if (forms.length === 0 || text.length < shortSecret || text.length > longestText) return text;
  const parts: string[] = [];
  let end = 0;
  for (const { index } of text.matchAll(cuts)) {
    const from = Math.min(...forms.map((form) => beginningBefore(text, index, form)));
    if (from >= index || from < end) continue;
    parts.push(text.slice(end, from), replacement);
    end = index;
  }
  return parts.join("") + text.slice(end);
}

/** Where the longest beginning of a secret starts that ends at `at`; `at` if there is none that is long enough. */
function beginningBefore(text: string, at: number, secret: string): number {
  const most = Math.min(secret.length - 1, mostOfSecret, at);
  for (let length = most; length >= shortSecret; length--)
    if (text.startsWith(secret.slice(0, length), at - length)) return at - length;
  return at;
}
