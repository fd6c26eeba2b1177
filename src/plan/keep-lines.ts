import { diffArrays } from "diff";

/** Some lines of a file as its author wrote them, and the same as the YAML library writes them. */
interface Segment {
  readonly own: readonly string[];
  readonly written: readonly string[];
}

/**
 * Carries a change over to a text as its author wrote it. The YAML library writes a whole document anew, with its own
 * spacing; only the lines in which `after` differs from `before` are taken from it, all others stay byte for byte.
 * @param original the author's text
 * @param before the same document, written by the library
 * @param after the changed document, written by the library in the same style
 */
export function keepLines(original: string, before: string, after: string): string {
  const ending = original.includes("\r\n") ? "\r" : "";
  const segments = align(original.split("\n"), before.split("\n"));
  const { kept, inserted } = changesBetween(before.split("\n"), after.split("\n"));
  const ended = (lines: readonly string[] = []) => lines.map((line) => `${line}${ending}`);
  let at = 0;
  const lines = segments.flatMap(({ own, written }) => {
    const first = at;
    at += written.length;
    const indices = written.map((_, index) => first + index);
    const before = ended(inserted.get(first));
    // Blank lines that the library leaves out stay with a neighbour that stays.
    if (written.length === 0) return kept[first - 1] === false && kept[first] === false ? [] : own;
    const isWhole = indices.every((index) => kept[index] && (index === first || !inserted.has(index)));
    if (isWhole) return [...before, ...own];
    return indices.flatMap((index) => [
      ...ended(inserted.get(index)),
      ...(kept[index] ? ended([written[index - first] ?? ""]) : []),
    ]);
  });
  return [...lines, ...ended(inserted.get(at))].join("\n");
}

/** Pairs the author's lines with the library's: those that differ in spacing only one by one, the others in groups. */
function align(own: readonly string[], written: readonly string[]): Segment[] {
  const bare = (line: string) => line.replaceAll(/\s+/g, "");
  const parts = diffArrays([...own], [...written], { comparator: (a, b) => bare(a) === bare(b) });
  const segments: Segment[] = [];
  let [i, j] = [0, 0];
  let open: { own: string[]; written: string[] } | undefined;
  for (const { added, removed, value } of parts) {
    if (added || removed) {
      open ??= { own: [], written: [] };
      if (removed) open.own.push(...own.slice(i, i + value.length));
      else open.written.push(...written.slice(j, j + value.length));
    } else {
      if (open) segments.push(open);
      open = undefined;
      value.forEach((_, index) => {
        segments.push({ own: [own[i + index] ?? ""], written: [written[j + index] ?? ""] });
      });
    }
    if (!added) i += value.length;
    if (!removed) j += value.length;
  }
  return open ? [...segments, open] : segments;
}

/** Which lines of `before` are still there, and what comes in before a line, by its index. */
function changesBetween(before: readonly string[], after: readonly string[]) {
  const kept: boolean[] = [];
  const inserted = new Map<number, readonly string[]>();
  for (const { added, removed, value } of diffArrays([...before], [...after])) {
    if (added) inserted.set(kept.length, [...(inserted.get(kept.length) ?? []), ...value]);
    else kept.push(...value.map(() => !removed));
  }
  return { kept, inserted };
}
