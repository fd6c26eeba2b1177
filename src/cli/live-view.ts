import { createLogUpdate } from "log-update";
import type { Activity, LiveView } from "../host/activity.ts";
import { formatBytes, formatSpeed } from "../lib/quantity.ts";
import type { Paint, Tone } from "./display.ts";

/** The stream of a terminal. */
export type TerminalStream = NodeJS.WritableStream & {
  readonly columns?: number;
  readonly rows?: number;
  readonly isTTY?: boolean;
};

/** The lower end of a terminal, which is redrawn while work goes on; above it are the lines that stay. */
export interface TerminalView extends LiveView {
  /** Writes lines that stay, above the view. They end with a line break. */
  writeAbove(write: () => void): void;
  /** Removes the view. Nothing is redrawn after that. */
  close(): void;
}

interface ViewOptions {
  readonly stream: TerminalStream;
  /** Returns milliseconds since the epoch. */
  readonly now: () => number;
  /** Returns a foreign text masked, sanitized and on one line. */
  readonly format: (text: string) => string;
  readonly paint: Paint;
  /** Returns a text in the characters that the terminal has. */
  readonly encode: (text: string) => string;
}

const redrawMs = 200;
/** Rows of the view at most, so that lines that stay can be seen above it. */
const maxRows = 16;
/** Terminals report a size of 0 if they do not know it. */
const usualSize = { columns: 80, rows: 24 };

/** Returns a view of the work in progress, on a terminal. */
export function createTerminalView({ stream, now, format, paint, encode }: ViewOptions): TerminalView {
  const size = () => ({
    columns: stream.columns || usualSize.columns,
    rows: stream.rows || usualSize.rows,
  });
  // The cursor stays visible: a process that is killed can't bring it back.
  const update = createLogUpdate(createSizedStream(stream, size), { showCursor: true });
  const activities = new Set<Activity>();
  let timer: NodeJS.Timeout | undefined;
  let isDrawn = false;
  const erase = () => {
    if (isDrawn) update.clear();
    isDrawn = false;
  };
  const draw = () => {
    const lines = limitRows(listLines([...activities], now()), Math.min(maxRows, size().rows - 2));
    if (lines.length === 0) return erase();
    const width = size().columns - 1;
    const fit = (line: Line) => fitLine(line, width, (text) => encode(format(text)), paint);
    update(lines.map(fit).join("\n"));
    isDrawn = true;
  };
  stream.on("resize", draw);
  return {
    // The first redraw comes with the timer: what begins may not be complete yet.
    begin: (activity) => {
      activities.add(activity);
      timer ??= setInterval(draw, redrawMs).unref();
      return () => {
        activities.delete(activity);
        if (activities.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        erase();
      };
    },
    writeAbove: (write) => {
      const wasDrawn = isDrawn;
      erase();
      write();
      if (wasDrawn) draw();
    },
    close: () => {
      clearInterval(timer);
      stream.off("resize", draw);
      activities.clear();
      erase();
    },
  };
}

/** Returns the terminal's stream as log-update takes it: with a size that is never 0. */
function createSizedStream(
  stream: TerminalStream,
  size: () => { columns: number; rows: number },
): NodeJS.WriteStream {
  return Object.create(stream, {
    write: { value: (text: string) => stream.write(text) },
    columns: { get: () => size().columns },
    rows: { get: () => size().rows },
  });
}

/** A line of the view: parts with their tones. */
type Line = readonly (readonly [text: string, tone?: Tone])[];

/** Returns the lines for activities: the phases in the order of their starts, each with what it is waiting for, then downloads. */
function listLines(activities: readonly Activity[], now: number): Line[] {
  const phases = activities.filter((activity) => activity.kind === "phase");
  const waits = activities.filter((activity) => activity.kind === "wait");
  const downloads = activities.filter((activity) => activity.kind === "download");
  const nameWidth = Math.max(0, ...phases.map(({ name }) => name.length));
  const phaseSpans = new Set(phases.map(({ span }) => span));
  const isWithoutPhase = ({ span }: (typeof waits)[number]) => !phaseSpans.has(span);
  return [
    ...phases.flatMap((phase) => {
      const missing = waits.filter(({ span }) => span === phase.span).flatMap((wait) => wait.listMissing());
      return listPhaseLines(phase, missing, nameWidth, now);
    }),
    ...waits.filter(isWithoutPhase).flatMap((wait) => wait.listMissing().map(toMissingLine)),
    ...downloads.map((download) => toDownloadLine(download, now)),
  ];
}

/** Returns the line of a phase, with what it is waiting for if that is one thing; else there is a line for each. */
function listPhaseLines(
  { name, startedMs }: Extract<Activity, { kind: "phase" }>,
  missing: readonly string[],
  nameWidth: number,
  now: number,
): Line[] {
  const seconds = `${((now - startedMs) / 1000).toFixed(0).padStart(4)} s`;
  const head: Line = [
    [`  ${name.padEnd(nameWidth)}`, "heading"],
    [`${seconds}  `, "faint"],
  ];
  const [only] = missing;
  if (missing.length === 1 && only !== undefined) return [[...head, [only]]];
  return [head, ...missing.map(toMissingLine)];
}

function toMissingLine(missing: string): Line {
  return [[`    ${missing}`]];
}

const barWidth = 16;
const longestName = 30;

/** Returns the line of a download: its name, and a bar with size and speed. */
function toDownloadLine(
  { name, startedMs, countBytes, countTotal }: Extract<Activity, { kind: "download" }>,
  now: number,
): Line {
  const [bytes, total] = [countBytes(), countTotal()];
  const filled = total ? Math.min(barWidth, Math.floor((bytes / total) * barWidth)) : 0;
  const ofTotal = total === undefined ? "" : ` of ${formatBytes(total)}`;
  return [
    [`  ${name.slice(0, longestName).padEnd(longestName)}  `],
    ["█".repeat(filled), "good"],
    ["░".repeat(barWidth - filled), "faint"],
    [`  ${formatBytes(bytes)}${ofTotal}, ${formatSpeed(bytes, now - startedMs)}`],
  ];
}

/** Returns at most so many lines, the last of which is the number of the others. */
function limitRows(lines: readonly Line[], most: number): readonly Line[] {
  if (lines.length <= most) return lines;
  const shown = lines.slice(0, Math.max(most - 1, 0));
  return most < 1 ? [] : [...shown, [[`  ... and ${lines.length - shown.length} more`, "faint"]]];
}

/** Returns a line that is cut to a width, in its colours. */
function fitLine(line: Line, width: number, format: (text: string) => string, paint: Paint): string {
  let left = Math.max(width, 1);
  let fitted = "";
  for (const [text, tone] of line) {
    // The columns of the view are made of the spaces around a part, which `format` would take away.
    const indent = " ".repeat(text.length - text.trimStart().length);
    const padding = " ".repeat(text.length - text.trimEnd().length);
    const characters = [...`${indent}${format(text.trim())}${padding}`].slice(0, left);
    left -= characters.length;
    fitted += paint(characters.join(""), tone);
  }
  return fitted;
}
