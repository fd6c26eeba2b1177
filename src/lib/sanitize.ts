/** Matches the colour sequences of terminals. Programs write them into logs; they are removed, since they carry no text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const colourPattern = /(?:\x1b\[|\x9b)[\d;:]{0,40}m/g;

/**
 * Matches characters that hide, or change how others are shown: controls except tab and line break, writing directions,
 * characters without width.
 */
const controlPattern = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** Matches the invisible parts of emoji and of joined letters. Comparisons that follow a language ignore them. */
const joinerPattern = /\u00ad|\u200c|\u200d|\p{Variation_Selector}/gu;

/**
 * Returns a foreign text with its control characters made visible, so that it can't steer a terminal. Line breaks and
 * tabs stay; colours are removed.
 */
export function showControls(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(colourPattern, "")
    .replaceAll(joinerPattern, "")
    .replaceAll(controlPattern, escapeCharacter);
}

/** Returns a visible escape of a character: `\x1b`, `\u202e`, `\u{e0001}`. */
function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

/**
 * Match the commands of CI runners: `##[NAME]` in a line, and `::NAME::` at its beginning. Characters outside of ASCII are
 * allowed between the signs, since the runner's comparison may ignore them.
 */
const inlineCommandPattern = /#([^\x20-\x7e\n]{0,8})#(?=[^\x20-\x7e\n]{0,8}[\w.-]{0,40}\[)/g;
const lineCommandPattern = /^([^\x21-\x7e\r\n\u2028\u2029]*)(?=:[^\x20-\x7e\n]{0,8}:)/gm;

/**
 * Returns a foreign text whose lines no CI runner reads as a command. GitHub's runner executes `::NAME::` at the
 * beginning of a line, also after spaces, and `##[NAME]` anywhere in a line (src/Runner.Common/ActionCommand.cs of
 * actions/runner). Azure's agent executes `##vso[NAME]`. A backslash is inserted, because the runner's comparison
 * ignores characters without width.
 */
export function sanitizeText(text: string): string {
  return showControls(text).replaceAll(inlineCommandPattern, "#$1#\\").replaceAll(lineCommandPattern, "$1\\");
}

/**
 * Returns a foreign text as one message of a log, like `sanitizeText`. All lines but the first are indented, so that
 * none looks like another message.
 */
export function sanitizeMessage(text: string, indent = "    "): string {
  return sanitizeText(text)
    .trimEnd()
    .replaceAll(/\n(?=[^\n])/g, `\n${indent}`);
}

/**
 * Returns a JSON text with escapes instead of control characters and commands of CI runners. Its data stays the same.
 */
export function sanitizeJson(json: string): string {
  return json
    .replaceAll(controlPattern, (character) =>
      Array.from({ length: character.length }, (_, index) =>
        toUnicodeEscape(character.charCodeAt(index)),
      ).join(""),
    )
    .replaceAll(inlineCommandPattern, "#$1\\u0023");
}

/** Returns the JSON escape of a UTF-16 code unit: `\u001b`. */
function toUnicodeEscape(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, "0")}`;
}
