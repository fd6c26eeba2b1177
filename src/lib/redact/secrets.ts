/** Masks known secrets in every form in which programs write them. */
export interface KnownSecrets {
  /** Returns the text with every form of a secret replaced. */
  mask(text: string, replacement: string): string;
  /** Does the same as `mask`, and also replaces the beginning of a secret where a short text was cut. */
  maskCut(text: string, replacement: string): string;
}

interface TextRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Returns the functions that mask these secrets. Overlapping secrets are replaced as one, so that no part of either is
 * left.
 */
export function compileSecrets(secrets: Iterable<string>): KnownSecrets {
  const forms = [...new Set([...secrets].flatMap(listEncodedForms))].sort((a, b) => b.length - a.length);
  const longForms = forms.filter((form) => form.length >= shortSecretLength);
  const shortForms = forms.filter((form) => form.length < shortSecretLength);
  // The longest form comes first, so that it is preferred. A short form could hide a longer match at the same place, so it
  // gets a pattern of its own.
  const patterns = [...(longForms.length > 0 ? [longForms] : []), ...shortForms.map((form) => [form])].map(
    (group) => new RegExp(group.map(escapePattern).join("|"), "g"),
  );
  // A short secret may be a part of an ordinary word.
  const canMask = (text: string, { from, to }: TextRange) =>
    to - from >= shortSecretLength || isSeparateWord(text, from, to);
  const mask = (text: string, replacement: string) => {
    const ranges = patterns.flatMap((pattern) =>
      findRanges(pattern, text).filter((range) => canMask(text, range)),
    );
    return ranges.length === 0 ? text : replaceRanges(text, ranges, replacement);
  };
  return { mask, maskCut: (text, replacement) => maskCut(mask(text, replacement), longForms, replacement) };
}

/**
 * Returns the ranges that a pattern matches, at every position of the text: matches may overlap. A match that ends
 * within an earlier one is left out.
 */
function findRanges(pattern: RegExp, text: string): TextRange[] {
  const ranges: TextRange[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const start = match.index;
    const end = start + match[0].length;
    const lastRange = ranges.at(-1);
    if (lastRange === undefined || end > lastRange.to) ranges.push({ from: start, to: end });
    pattern.lastIndex = start + 1;
  }
  return ranges;
}

/** Returns the text with each group of overlapping ranges replaced once. */
function replaceRanges(text: string, ranges: readonly TextRange[], replacement: string): string {
  const parts: string[] = [];
  let end = 0;
  let hasReplacement = false;
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (!hasReplacement || from > end) {
      parts.push(text.slice(end, from), replacement);
      hasReplacement = true;
    }
    end = Math.max(end, to);
  }
  return parts.join("") + text.slice(end);
}

/** Matches a character that is part of a word. */
const letterPattern = /[\p{L}\p{N}_]/u;
/** Matches an escape at the end of a text: `%3A`, `\n`, `\u0022`. Its last letter or digit is not part of the next word. */
const escapeAtEndPattern = /(?:%[0-9A-Fa-f]{2}|\\[bfnrt]|\\u[0-9A-Fa-f]{4})$/;

/** True if no letter or digit touches the text between `from` and `to`. */
function isSeparateWord(text: string, from: number, to: number): boolean {
  const precedingText = text.slice(Math.max(0, from - 6), from);
  // The longest escape has six characters.
  const isFreeBefore =
    !letterPattern.test(text[from] ?? "") ||
    !letterPattern.test(precedingText.at(-1) ?? "") ||
    escapeAtEndPattern.test(precedingText);
  return isFreeBefore && (!letterPattern.test(text[to - 1] ?? "") || !letterPattern.test(text[to] ?? ""));
}

/** Escapes a text for a regular expression. */
function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** A secret that is shorter is only masked where no letter or digit touches it. */
export const shortSecretLength = 6;
/** A shorter secret is not masked: it is a part of ordinary words, and masking these would reveal it. */
const minSecretLength = 4;

/** The shortest Base64 text that is masked. A shorter one occurs in other words too. */
const minBase64Length = 8;

/**
 * Returns the forms of a secret: the secret itself and its lines, each as JSON, URLs, HTML, XML, YAML, shells and
 * Base64 write it. Empty if the secret is too short to be masked.
 */
function listEncodedForms(secret: string): string[] {
  const forms = [secret, ...splitSecretLines(secret)].flatMap((text) => [
    ...listTextForms(text),
    ...listBase64Forms(text),
  ]);
  return [...new Set(forms)];
}

/**
 * Returns the lines of a multi-line secret, without indentation; empty for a secret of one line. The first and last
 * line of a PEM block are not secret.
 */
function splitSecretLines(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  return lines.length === 1
    ? []
    : lines.filter((line) => line.length >= shortSecretLength && !line.startsWith("-----"));
}

/**
 * Returns the text as JSON, URLs, markup, shells and YAML write it, and as these write its JSON; empty if the text is
 * too short to be masked.
 */
function listTextForms(text: string): string[] {
  if (text.length < minSecretLength) return [];
  const json = encodeForJson(text);
  const jsonForms = [text, json, encodeForGoJson(json), encodeForAsciiJson(json), encodeForJson(json)];
  return jsonForms.flatMap((form) => [
    form,
    ...listUrlForms(form),
    ...listMarkupForms(form),
    encodeForShell(form),
    encodeForYaml(form),
  ]);
}

/** Returns the text as a JSON string without its quotes. */
function encodeForJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Returns JSON as Go writes it: with escapes for the characters that are special in HTML. */
function encodeForGoJson(json: string): string {
  return json.replaceAll(/[<>&]/g, toUnicodeEscape);
}

/** Returns JSON with escapes for all characters outside of ASCII. */
function encodeForAsciiJson(json: string): string {
  return json.replaceAll(/[^\0-\x7f]/g, toUnicodeEscape);
}

/** Returns the JSON escape of a character: `\u003c`. */
function toUnicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * Returns the text as JavaScript, Go and HTML forms encode it in URLs, with the digits of the escapes in upper and
 * lower case.
 */
function listUrlForms(text: string): string[] {
  const component = encodeURIComponent(text.toWellFormed());
  const fullyEncoded = component.replaceAll(/[!'()*~]/g, toPercentEncoding);
  const partlyEncoded = component.replaceAll(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent);
  const forms = [component, fullyEncoded, partlyEncoded, fullyEncoded.replaceAll("%20", "+")];
  return [...forms, ...forms.map((form) => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

/** Returns the percent encoding of an ASCII character: `%2A`. */
function toPercentEncoding(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** The entities that encoders of HTML and XML use, by style. */
const markupEntities = {
  named: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" },
  decimal: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" },
  hexadecimal: { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#x22;", "'": "&#x27;" },
  text: { "&": "&amp;", "<": "&lt;", ">": "&gt;" },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

/** Returns the text as HTML and XML write it, in each style of entities. */
function listMarkupForms(text: string): string[] {
  return Object.values(markupEntities).map((names: Readonly<Record<string, string>>) =>
    text.replaceAll(/[&<>"']/g, (character) => names[character] ?? character),
  );
}

/** Returns the text as YAML writes it between single quotes. */
function encodeForYaml(text: string): string {
  return text.replaceAll("'", "''");
}

/** Returns the text as a shell writes it between single quotes. */
function encodeForShell(text: string): string {
  return text.replaceAll("'", String.raw`'\''`);
}

/**
 * Returns the Base64 texts of a secret: whole, and the part that is the same in every longer text, for each of the
 * three alignments. Also encoded twice, and in the URL alphabet.
 */
function listBase64Forms(text: string): string[] {
  if (text.length < minSecretLength) return [];
  const encodedOnce = [
    Buffer.from(text).toString("base64"),
    ...encodeBase64AtAlignments(text),
    ...encodeBase64AtAlignments(encodeForJson(text)),
  ];
  // A Secret of type dockerconfigjson has a login that is encoded twice.
  const encodedTwice = encodeBase64AtAlignments(text).flatMap(encodeBase64AtAlignments);
  return [...encodedOnce, ...encodedTwice]
    .flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")])
    .map((form) => form.replace(/={1,2}$/, ""))
    .filter((form) => form.length >= minBase64Length);
}

/**
 * Returns the Base64 text of a secret that follows 0, 1 or 2 other bytes, without the characters that also depend on
 * the neighbouring bytes. Base64 encodes groups of three bytes, so one of the three texts is in every longer Base64
 * text.
 */
function encodeBase64AtAlignments(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((precedingBytes) => {
    const encoded = Buffer.concat([Buffer.alloc(precedingBytes), bytes])
      .toString("base64")
      .replace(/={1,2}$/, "");
    const endBit = (precedingBytes + bytes.length) * 8;
    // Each character holds 6 bits. One that also holds bits of a neighbouring byte is left out.
    return encoded.slice(Math.ceil((precedingBytes * 8) / 6), Math.floor(endBit / 6));
  });
}

/** Matches the places at which a text may have been cut: an ellipsis, `and 3 more`, or the end of the text. */
const cutPattern = /\.{3}|…| and \d+ more|["'`)\]}]{0,4}$/g;

/** Texts that are longer are not searched for cuts: they are cut after they were redacted. */
const maxCutTextLength = 100_000;

/** The longest beginning of a secret that is searched for before a cut. */
const maxSearchedLength = 256;

/**
 * Masks the beginning of a secret where the text was cut within the secret: `mask` does not recognise a part of a
 * secret.
 * @param forms the encoded forms of the secrets
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

/**
 * Returns where the longest beginning of a secret that ends at `cut` starts; `cut` itself if no beginning is long
 * enough.
 */
function findCutSecretStart(text: string, cut: number, secret: string): number {
  const maxLength = Math.min(secret.length - 1, maxSearchedLength, cut);
  for (let length = maxLength; length >= shortSecretLength; length--)
    if (text.startsWith(secret.slice(0, length), cut - length)) return cut - length;
  return cut;
}
