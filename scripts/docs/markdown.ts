/** Returns a table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(inCell).join(" | ")} |\n`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("");
}

export function code(text: string | undefined): string {
  return text === undefined ? "" : `\`${text}\``;
}

/** Nothing in it ends a table's cell or becomes HTML. */
export function inCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
}

/** Returns a page with the text between two markers replaced: `<!-- NAME: made by `npm run docs`. -->` and `<!-- end of NAME -->`. */
export function replaceBetween(page: string, name: string, text: string): string {
  const begin = `<!-- ${name}: made by \`npm run docs\`. -->\n`;
  const end = `<!-- end of ${name} -->`;
  const [start, stop] = [page.indexOf(begin), page.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`the page has no lines ${begin.trim()} and ${end}`);
  return `${page.slice(0, start + begin.length)}\n${text}\n${page.slice(stop)}`;
}
