/** A part of a summary that is left out as a whole or not at all. */
export interface Section {
  /** Its name in the note on what is left out. */
  readonly name: string;
  /** The least important ones are left out first: those with the highest number. */
  readonly importance: number;
  readonly lines: readonly string[];
}

/** GitHub drops the whole summary of a step that is longer, in bytes. */
export const maxSummaryBytes = 1024 * 1024;

/**
 * Joins sections in their order. Leaves out the least important ones until the text fits into `maxBytes`, and names
 * them at its end.
 */
export function joinSections(sections: readonly Section[], maxBytes: number): string {
  const kept = new Set(sections.filter(({ lines }) => lines.length > 0));
  const candidates = [...kept].toSorted((a, b) => b.importance - a.importance);
  const leftOut: Section[] = [];
  let text = render([...kept], leftOut);
  for (const section of candidates) {
    if (Buffer.byteLength(text) <= maxBytes) break;
    kept.delete(section);
    leftOut.push(section);
    text = render([...kept], leftOut);
  }
  // Nothing fits beside what others wrote into the same summary.
  return Buffer.byteLength(text) <= maxBytes ? text : "";
}

function render(kept: readonly Section[], leftOut: readonly Section[]): string {
  const note =
    leftOut.length === 0
      ? []
      : [
          `> ✂️ Left out, because GitHub shows at most 1 MiB for each step: ${leftOut.map(({ name }) => name).join(", ")}. The report has all of it.`,
        ];
  const text = [...kept.flatMap(({ lines }) => lines), ...note].join("\n").trimEnd();
  return text === "" ? "" : `${text}\n`;
}
