import { make, makeSvg } from "./dom.ts";

/** What a mark says: its shape, its colour and its word mean the same. */
export type Tone = "good" | "bad" | "mixed" | "none";

const shapes: Readonly<Record<Tone, readonly string[]>> = {
  good: ["M4.6 8.3 7 10.7l4.4-5"],
  bad: ["m5.3 5.3 5.4 5.4", "m10.7 5.3-5.4 5.4"],
  mixed: ["M8 4.3v4.4", "M8 11.2v.5"],
  none: ["M5 8h6"],
};

/** Returns a round mark. Its word stands beside it, or is given for screen readers. */
export function makeMark(tone: Tone, word?: string): SVGSVGElement {
  return makeSvg(
    "svg",
    {
      class: `mark ${tone}`,
      viewBox: "0 0 16 16",
      ...(word === undefined ? { "aria-hidden": "true" } : { role: "img", "aria-label": word }),
    },
    makeSvg("circle", { cx: 8, cy: 8, r: 8 }),
    ...shapes[tone].map((d) => makeSvg("path", { d })),
  );
}

export interface StatusWord {
  readonly tone: Tone;
  readonly word: string;
}

/** How the states of checks, panels, targets and points are shown. */
export const statusWords = {
  pass: { tone: "good", word: "passed" },
  fail: { tone: "bad", word: "failed" },
  warn: { tone: "mixed", word: "warning" },
  error: { tone: "bad", word: "could not be made" },
  skipped: { tone: "none", word: "skipped" },
  met: { tone: "good", word: "met" },
  unmet: { tone: "bad", word: "not met" },
  unknown: { tone: "bad", word: "unknown" },
  "left-out": { tone: "none", word: "left out" },
} as const satisfies Readonly<Record<string, StatusWord>>;

/** Returns a mark with its word. */
export function makeBadge({ tone, word }: StatusWord): HTMLElement {
  return make("span", { class: `badge ${tone}` }, makeMark(tone), word);
}
