/** Rows in columns as wide as they must be, as kubectl prints them. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("   ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

/** `45s`, `12m`, `3h`, `2d`; `?` for a time that isn't there or can't be read. */
export function age(since: string | undefined, now: string): string {
  const seconds = Math.round((Date.parse(now) - Date.parse(since ?? "")) / 1000);
  if (Number.isNaN(seconds)) return "?";
  if (seconds < 120) return `${Math.max(seconds, 0)}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
