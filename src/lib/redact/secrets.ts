/** Replaces secrets that are known, in every form that they are written in. */
export interface KnownSecrets {
  mask(text: string, replacement: string): string;
  /** Of a short text: also the beginning of a secret that the text was cut within. */
  maskCut(text: string, replacement: string): string;
}

interface TextRange {
  readonly from: number;
  readonly to: number;
}

/** Prepares the masking of these secrets. Overlapping secrets are replaced as one, so that no end of one is left over. */
export function compileSecrets(secrets: Iterable<string>): KnownSecrets {
  const forms = [...new Set([...secrets].flatMap(listEncodedForms))].sort((a, b) => b.length - a.length);
  const long = forms.filter((form) => form.length >= shortSecretLength);
  const short = forms.filter((form) => form.length < shortSecretLength);
  const patterns = [...(long.length > 0 ? [long] : []), ...short.map((form) => [form])].map(
    (group) => new RegExp(group.map(escapePattern).join("|"), "g"),
  );
  const isFree = (text: string, { from, to }: TextRange) =>
    to - from >= shortSecretLength || isSeparateWord(text, from, to);
  const mask = (text: string, replacement: string) => {
    const found = patterns.flatMap((pattern) =>
      findRanges(pattern, text).filter((range) => isFree(text, range)),
    );
    return found.length === 0 ? text : replaceRanges(text, found, replacement);
  };
  return { mask, maskCut: (text, replacement) => maskCut(mask(text, replacement), long, replacement) };
}

/** Returns the longest match at each position, so that their union covers all forms. */
function findRanges(pattern: RegExp, text: string): TextRange[] {
  const ranges: TextRange[] = [];
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

function replaceRanges(text: string, ranges: readonly TextRange[], replacement: string): string {
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

const letterPattern = /[\p{L}\p{N}_]/u;
/** What can stand before a word and ends in a letter or a digit: `%3A`, `\n`, `\u0022`. */
const escapeAtEndPattern = /(?:%[0-9A-Fa-f]{2}|\\[bfnrt]|\\u[0-9A-Fa-f]{4})$/;

function isSeparateWord(text: string, from: number, to: number): boolean {
  const before = text.slice(Math.max(0, from - 6), from);
  const isFreeBefore =
    !letterPattern.test(text[from] ?? "") ||
    !letterPattern.test(before.at(-1) ?? "") ||
    escapeAtEndPattern.test(before);
  return isFreeBefore && (!letterPattern.test(text[to - 1] ?? "") || !letterPattern.test(text[to] ?? ""));
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** A secret shorter than this is only masked where no letter or digit touches it. */
export const shortSecretLength = 6;
/** A shorter one is part of ordinary words: masking it would spoil the text and reveal it. */
const minSecretLength = 4;

/** Characters of a Base64 text that a match needs: fewer occur in other words too. */
const minBase64Length = 8;

/**
 * Lists the texts that a secret is found as: as it is, as JSON, URLs, HTML, XML, shells and Base64 write it, and, if it has
 * several lines, line by line. None of a secret that is too short to be masked.
 */
function listEncodedForms(secret: string): string[] {
  const forms = [secret, ...splitSecretLines(secret)].flatMap((text) => [
    ...listTextForms(text),
    ...listBase64Forms(text),
  ]);
  return [...new Set(forms)];
}

/** Returns the lines of a multi-line secret, without indentation. The first and last line of a PEM block are not secret. */
function splitSecretLines(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  return lines.length === 1
    ? []
    : lines.filter((line) => line.length >= shortSecretLength && !line.startsWith("-----"));
}

function listTextForms(text: string): string[] {
  if (text.length < minSecretLength) return [];
  const json = encodeForJson(text);
  const texts = [text, json, encodeForGoJson(json), encodeForAsciiJson(json), encodeForJson(json)];
  return texts.flatMap((one) => [
    one,
    ...listUrlForms(one),
    ...listMarkupForms(one),
    encodeForShell(one),
    encodeForYaml(one),
  ]);
}

function encodeForJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Go also escapes what HTML could understand. */
function encodeForGoJson(json: string): string {
  return json.replaceAll(/[<>&]/g, toUnicodeEscape);
}

function encodeForAsciiJson(json: string): string {
  return json.replaceAll(/[^\0-\x7f]/g, toUnicodeEscape);
}

function toUnicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** JavaScript, Go and forms leave other characters as they are; some programs write the digits in lower case. */
function listUrlForms(text: string): string[] {
  const component = encodeURIComponent(text.toWellFormed());
  const strict = component.replaceAll(/[!'()*~]/g, toPercentEncoding);
  const loose = component.replaceAll(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent);
  const all = [component, strict, loose, strict.replaceAll("%20", "+")];
  return [...all, ...all.map((one) => one.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

function toPercentEncoding(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

const markupEntities = {
  named: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" },
  decimal: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" },
  hexadecimal: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#x22;", "'": "&#x27;" },
  text: { "&": "&amp;", "<": "&lt;", ">": "&gt;" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

function listMarkupForms(text: string): string[] {
  return Object.values(markupEntities).map((names: Readonly<Record<string, string>>) =>
    text.replaceAll(/[&<>"']/g, (character) => names[character] ?? character),
  );
}

/** Within YAML's single quotes. */
function encodeForYaml(text: string): string {
  return text.replaceAll("'", "''");
}

/** Within single quotes. */
function encodeForShell(text: string): string {
  return text.replaceAll("'", String.raw`'\''`);
}

/** Returns the part that every Base64 text with this secret has, for each of the three alignments, also encoded twice. */
function listBase64Forms(text: string): string[] {
  if (text.length < minSecretLength) return [];
  const once = [
    Buffer.from(text).toString("base64"),
    ...encodeBase64AtAlignments(text),
    ...encodeBase64AtAlignments(encodeForJson(text)),
  ];
  // As a Secret of kind dockerconfigjson has a login.
  const twice = encodeBase64AtAlignments(text).flatMap(encodeBase64AtAlignments);
  return [...once, ...twice]
    .flatMap((one) => [one, one.replaceAll("+", "-").replaceAll("/", "_")])
    .map((one) => one.replace(/={1,2}$/, ""))
    .filter((one) => one.length >= minBase64Length);
}

function encodeBase64AtAlignments(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/={1,2}$/, "");
    const bits = (before + bytes.length) * 8;
    // The first and the last character also hold bits of their neighbours.
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
  });
}

/** A cut shows where it is, or is the end of the text. */
const cutPattern = /\.{3}|…| and \d+ more|["'`)\]}]{0,4}$/g;

/** Longer texts are cut after they were redacted. */
const maxCutTextLength = 100_000;

/** Characters of a secret that are looked for before a cut. */
const maxSearchedLength = 256;

/**
 * Masks the beginning of a secret where the text was cut within it: half a password is known to nobody.
 * @param forms of the secrets, as they can be written
 */
export function maskCut(text: string, forms: readonly string[], replacement: string): string {
  if (forms.length === 0 || text.length < shortSecretLength || text.length > maxCutTextLength) return text;
  const parts: string[] = [];
  let end = 0;
  for (const { index } of text.matchAll(cutPattern)) {
    const from = Math.min(...forms.map((form) => findCutSecretStart(text, index, form)));
    if (from >= index || from < end) continue;
    parts.push(text.slice(end, from), replacement);
    end = index;
  }
  return parts.join("") + text.slice(end);
}

/** Returns where the longest beginning of a secret that ends at `at` starts; `at` if no beginning is long enough. */
function findCutSecretStart(text: string, at: number, secret: string): number {
  const most = Math.min(secret.length - 1, maxSearchedLength, at);
  for (let length = most; length >= shortSecretLength; length--)
    if (text.startsWith(secret.slice(0, length), at - length)) return at - length;
  return at;
}
