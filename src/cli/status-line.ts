/** The last line of a terminal, which tells what goes on and is redrawn as it does. */
export interface StatusLine {
  /** Without a text the thing of that name is over. */
  set(name: string, text: string | undefined): void;
  /** Before another line is written. */
  erase(): void;
  draw(): void;
}

export function createStatusLine(write: (text: string) => void, columns: () => number): StatusLine {
  const texts = new Map<string, string>();
  let isDrawn = false;
  const erase = () => {
    // To the line's begin, and clear it.
    if (isDrawn) write("\r\u001b[2K");
    isDrawn = false;
  };
  const draw = () => {
    if (texts.size === 0) return;
    // A line that wraps can't be erased as one.
    write([...texts.values()].join(" | ").slice(0, Math.max(columns() - 1, 1)));
    isDrawn = true;
  };
  return {
    set: (name, text) => {
      if (text === undefined) texts.delete(name);
      else texts.set(name, text);
      erase();
      draw();
    },
    erase,
    draw,
  };
}
