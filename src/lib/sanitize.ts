/** Colours of a terminal: the one kind of escape sequence that programs write into logs, and that says nothing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const colourPattern = /(?:\x1b\[|\x9b)[\d;:]{0,40}m/g;

/** Characters that change how others are shown, or hide: controls but tab and line break, directions of writing, no width. */
const controlPattern = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** Parts of emoji and of joined letters, which a text reads well without; comparisons that know languages skip them. */
const joinerPattern = /\u00ad|\u200c|\u200d|\p{Variation_Selector}/gu;

/** Makes everything in a foreign text visible, so that it can't steer a terminal. Line breaks and tabs stay. */
export function showControls(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(colourPattern, "")
    .replaceAll(joinerPattern, "")
    .replaceAll(controlPattern, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

// What is not ASCII can be without weight when a text is compared as a language does.
const inlineCommandPattern = /#([^\x20-\x7e\n]{0,8})#(?=[^\x20-\x7e\n]{0,8}[\w.-]{0,40}\[)/g;
const lineCommandPattern = /^([^\x21-\x7e\r\n\u2028\u2029]*)(?=:[^\x20-\x7e\n]{0,8}:)/gm;

/**
 * A foreign text as lines that no log takes for a command. GitHub's runner obeys `::NAME::` at a line's beginning, blanks
 * before it aside, and `##[NAME]` anywhere in a line (src/Runner.Common/ActionCommand.cs of actions/runner). It compares as
 * a language does, so a character without a width between them would not keep it from that; a backslash does. Azure's agent
 * obeys `##vso[NAME]`.
 */
export function sanitizeText(text: string): string {
  return showControls(text).replaceAll(inlineCommandPattern, "#$1#\\").replaceAll(lineCommandPattern, "$1\\");
}

/** As `sanitizeText`, for one message of a log: all lines but the first are indented, so that none passes for another message. */
export function sanitizeMessage(text: string, indent = "    "): string {
  return sanitizeText(text)
    .trimEnd()
    .replaceAll(/\n(?=[^\n])/g, `\n${indent}`);
}

/** The same for a JSON text, which stays the same to a program that reads it. */
export function sanitizeJson(json: string): string {
  return json
    .replaceAll(controlPattern, (character) =>
      Array.from({ length: character.length }, (_, at) => toUnicodeEscape(character.charCodeAt(at))).join(""),
    )
    .replaceAll(inlineCommandPattern, "#$1\\u0023");
}

function toUnicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
