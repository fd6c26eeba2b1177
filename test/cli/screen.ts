import xterm from "@xterm/headless";

/** A terminal that shows what is written to it, as a real one does: xterm.js without a window. */
export interface Screen {
  /** Writes what a program printed, and waits until it is shown. */
  write(text: string): Promise<void>;
  resize(columns: number, rows: number): void;
  /** Returns all lines since the start, without empty ones at the end. */
  lines(): string[];
  /** Returns the rows that are visible now. */
  visible(): string[];
  /** True if a character of a line that contains a text has a colour. */
  hasColour(text: string): boolean;
}

/** @param convertsLineFeeds true for output that did not come through a pseudo terminal, which makes CR LF of LF */
export function createScreen(columns = 80, rows = 24, convertsLineFeeds = false): Screen {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    convertEol: convertsLineFeeds,
    allowProposedApi: true,
  });
  const buffer = () => terminal.buffer.active;
  const read = (from: number) =>
    Array.from({ length: buffer().length - from }, (_, row) =>
      (
        buffer()
          .getLine(from + row)
          ?.translateToString(true) ?? ""
      ).trimEnd(),
    );
  return {
    write: (text) => new Promise((resolve) => terminal.write(text, resolve)),
    resize: (newColumns, newRows) => terminal.resize(newColumns, newRows),
    lines: () => read(0).slice(0, read(0).findLastIndex((line) => line !== "") + 1),
    visible: () => read(buffer().baseY),
    hasColour: (text) => {
      const row = read(0).findIndex((line) => line.includes(text));
      const line = buffer().getLine(row);
      return Array.from({ length: terminal.cols }, (_, column) => line?.getCell(column)).some(
        (cell) => cell !== undefined && !cell.isFgDefault(),
      );
    },
  };
}
