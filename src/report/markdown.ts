import { showControls } from "../lib/sanitize.ts";

const maxCharacters = 600;

/**
 * Returns plain text escaped for Markdown, tables included: nothing in it is read as Markdown or HTML. Limited to 600
 * characters.
 */
export function escapeMarkdown(text: string): string {
  const short = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}...` : text;
  return (
    showControls(short)
      .trimEnd()
      .replace(/^\n+/, "")
      .replaceAll(/[\\`*_[\]|~$]/g, "\\$&")
      .replace(/^(?=(?:[+-]|#{1,6})(?:\s|$)|---)/, "\\")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      // Indentation is kept: it may be YAML to copy.
      .replaceAll(/^ +/gm, (spaces) => "&nbsp;".repeat(spaces.length))
      .replaceAll("\n", "<br>")
  );
}

/** Returns the lines of a table whose cells are plain text; nothing without rows. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const renderRow = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  return [renderRow(head), `|${head.map(() => " --- |").join("")}`, ...rows.map(renderRow), ""];
}

/** Returns lines in a collapsed section; nothing without lines. */
export function renderFolded(title: string, lines: readonly string[]): string[] {
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
