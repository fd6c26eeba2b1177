import { maskCut } from "./cut.ts";
import { formsOf, shortSecret } from "./forms.ts";

/** Replaces secrets that are known, in every form that they are written in. */
export interface KnownSecrets {
  mask(text: string, replacement: string): string;
  /** Of a short text: also the beginning of a secret that the text was cut within. */
  maskCut(text: string, replacement: string): string;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Prepares the masking of these secrets. Overlapping secrets are replaced as one, so that no end of one is left over. */
export function compileSecrets(secrets: Iterable<string>): KnownSecrets {
  const forms = [...new Set([...secrets].flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const long = forms.filter((form) => form.length >= shortSecret);
  const short = forms.filter((form) => form.length < shortSecret);
  const patterns = [...(long.length > 0 ? [long] : []), ...short.map((form) => [form])].map(
    (group) => new RegExp(group.map(escapePattern).join("|"), "g"),
  );
  const isFree = (text: string, { from, to }: Range) => to - from >= shortSecret || isWord(text, from, to);
  const mask = (text: string, replacement: string) => {
    const found = patterns.flatMap((pattern) =>
      rangesOf(pattern, text).filter((range) => isFree(text, range)),
    );
    return found.length === 0 ? text : replaceRanges(text, found, replacement);
  };
  return { mask, maskCut: (text, replacement) => maskCut(mask(text, replacement), long, replacement) };
}

/** The longest form at each position, so that their union covers all forms. */
function rangesOf(pattern: RegExp, text: string): Range[] {
  const ranges: Range[] = [];
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const from = found.index;
    const to = from + found[0].length;
    const last = ranges.at(-1);
    if (last === undefined || to > last.to) ranges.push({ from, to });
    pattern.lastIndex = from + 1;
  }
  return ranges;
}

function replaceRanges(text: string, ranges: readonly Range[], replacement: string): string {
  const parts: string[] = [];
  let end = 0;
  let isOpen = false;
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (!isOpen || from > end) {
      parts.push(text.slice(end, from), replacement);
      isOpen = true;
    }
    end = Math.max(end, to);
  }
  return parts.join("") + text.slice(end);
}

const letter = /[\p{L}\p{N}_]/u;
/** What can stand before a word and ends in a letter or a digit: `%3A`, `\n`, `\u0022`. */
const escapeBefore = /(?:%[0-9A-Fa-f]{2}|\\[bfnrt]|\\u[0-9A-Fa-f]{4})$/;

function isWord(text: string, from: number, to: number): boolean {
  const before = text.slice(Math.max(0, from - 6), from);
  const isFreeBefore =
    !letter.test(text[from] ?? "") || !letter.test(before.at(-1) ?? "") || escapeBefore.test(before);
  return isFreeBefore && (!letter.test(text[to - 1] ?? "") || !letter.test(text[to] ?? ""));
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
