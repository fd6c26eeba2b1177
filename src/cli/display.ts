import { styleText } from "node:util";
import type { LineTone } from "../report/terminal.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The part of a text that gets a colour of its own. */
export type Tone = LineTone | "heading";

/** Returns a text with the colour of a tone. */
export type Paint = (text: string, tone: Tone | undefined) => string;

/** What a terminal can show. */
export interface Display {
  /** Lines can be redrawn and coloured. */
  readonly isRich: boolean;
  /** Characters outside of ASCII are shown as they are. */
  readonly isUtf8: boolean;
}

/**
 * Returns what a terminal with this environment can show. Without redrawing and colours: `NO_COLOR`, `TERM=dumb`, and
 * the logs of CI systems that give a job a terminal.
 */
export function readDisplay(env: Environment): Display {
  const isSet = (name: string) => (env[name] ?? "") !== "";
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "C";
  return {
    isRich: !isSet("NO_COLOR") && !isSet("CI") && env["TERM"] !== "dumb",
    isUtf8: /utf-?8/i.test(locale),
  };
}

const formats: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  good: "green",
  bad: "red",
  mixed: "yellow",
  cause: ["bold", "red"],
  fix: "cyan",
  faint: "dim",
  heading: "bold",
};

/** Paints in the terminal's own colours. */
export function paint(text: string, tone: Tone | undefined): string {
  // monstack decides itself whether there are colours, since a test's terminal is not the process' own.
  return tone === undefined || text === "" ? text : styleText(formats[tone], text, { validateStream: false });
}

/** Leaves texts without colours. */
export function paintNothing(text: string): string {
  return text;
}

/** Own signs and their counterparts in ASCII. */
const asciiSigns: Readonly<Record<string, string>> = { "✓": "+", "✗": "x", "·": "-", "█": "#", "░": "." };

/** Returns a text for a terminal that only has ASCII: signs become similar ones, other characters visible escapes. */
export function toAscii(text: string): string {
  return text.replaceAll(
    /[^\0-\x7f]/gu,
    (character) => asciiSigns[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
