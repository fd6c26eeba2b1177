import { showControls } from "../lib/sanitize.ts";

const longest = 600;

/** Plain text for Markdown, also inside a table: nothing in it means anything to Markdown or HTML. */
export function escapeMarkdown(text: string): string {
  const short = text.length > longest ? `${text.slice(0, longest)}...` : text;
  return (
    showControls(short)
      .trimEnd()
      .replace(/^\n+/, "")
      .replaceAll(/[\\`*_[\]|~$]/g, "\\$&")
      .replace(/^(?=(?:[+-]|#{1,6})(?:\s|$)|---)/, "\\")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      // A line's indentation, which can be YAML that somebody is to copy.
      .replaceAll(/^ +/gm, (spaces) => "&nbsp;".repeat(spaces.length))
      .replaceAll("\n", "<br>")
  );
}

/** A table of cells that are plain text; nothing when there are no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  return [line(head), `|${head.map(() => " --- |").join("")}`, ...rows.map(line), ""];
}

/** Lines that are folded away until somebody opens them; nothing when there are none. */
export function folded(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [
    `<details><summary>${escapeMarkdown(title)}</summary>`,
    "",
    lines.join("\n").trimEnd(),
    "",
    "</details>",
    "",
  ];
}
