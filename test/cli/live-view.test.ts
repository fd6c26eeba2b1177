import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { paint, paintNothing, readDisplay, toAscii } from "../../src/cli/display.ts";
import { createTerminalView, type TerminalStream } from "../../src/cli/live-view.ts";
import { createTerminalLogger } from "../../src/cli/logger.ts";
import { showControls } from "../../src/lib/sanitize.ts";
import { commandIn } from "../support/runner-commands.ts";
import { createScreen } from "./screen.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"], now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A logger on a terminal of a size, and what the terminal shows. */
function openTerminal(columns = 80, rows = 24, { isUtf8 = true, isColoured = false } = {}) {
  const screen = createScreen(columns, rows, true);
  let written = "";
  let shown = 0;
  const size = { columns, rows, isTTY: true };
  const stream = Object.assign(new EventEmitter(), size, {
    write: (text: string) => {
      written += text;
      return true;
    },
  }) as unknown as TerminalStream & { columns: number; rows: number };
  const encode = isUtf8 ? (text: string) => text : toAscii;
  const colours = isColoured ? paint : paintNothing;
  const log = createTerminalLogger({
    detail: "normal",
    startedAt: Date.now(),
    write: (text) => stream.write(text),
    paint: colours,
    encode,
    openView: (format) =>
      createTerminalView({ stream, now: () => Date.now(), format, paint: colours, encode }),
  });
  return {
    log,
    written: () => written,
    screen,
    resize: (newColumns: number, newRows: number) => {
      Object.assign(stream, { columns: newColumns, rows: newRows });
      screen.resize(newColumns, newRows);
      stream.emit("resize");
    },
    /** Returns the lines that the terminal shows, with the seconds of lines that stay as 0.0. */
    lines: async () => {
      await screen.write(written.slice(shown));
      shown = written.length;
      return screen.lines().map((line) => line.replace(/^ *\d+\.\ds/, "0.0s"));
    },
  };
}

const mib = 1024 ** 2;

test("phases stand below the lines that stay, each with what it is waiting for, downloads with a bar", async () => {
  const { log, lines } = openTerminal();
  log.info("begin");
  const phase = { kind: "phase", startedMs: Date.now() } as const;
  const ends = [
    log.live?.begin({ ...phase, name: "deploy", span: 1 }),
    log.live?.begin({ ...phase, name: "verify", span: 2 }),
    log.live?.begin({
      kind: "wait",
      span: 1,
      listMissing: () => ["Deployment a: no pod", "Deployment b: 1 of 2"],
    }),
    log.live?.begin({ kind: "wait", span: 2, listMissing: () => ["the check targets-up"] }),
    log.live?.begin({ kind: "wait", span: 9, listMissing: () => ["something else"] }),
    log.live?.begin({
      ...{ kind: "download", name: "k3s", startedMs: Date.now() },
      ...{ countBytes: () => 32 * mib, countTotal: () => 64 * mib },
    }),
    log.live?.begin({
      ...{ kind: "download", name: "index.yaml", startedMs: Date.now() },
      ...{ countBytes: () => 2 * mib, countTotal: () => undefined },
    }),
  ];
  vi.advanceTimersByTime(4_000);
  log.warn("meanwhile\nin two lines");
  const stay = ["0.0s   begin", "0.0s   warning: meanwhile", "             in two lines"];
  expect(await lines()).toEqual([
    ...stay,
    "  deploy   4 s",
    "    Deployment a: no pod",
    "    Deployment b: 1 of 2",
    "  verify   4 s  the check targets-up",
    "    something else",
    "  k3s                             ████████░░░░░░░░  32 MiB of 64 MiB, 8 MiB/s",
    "  index.yaml                      ░░░░░░░░░░░░░░░░  2 MiB, 512 KiB/s",
  ]);
  for (const end of ends) end?.();
  log.info("done");
  expect(await lines()).toEqual([...stay, "0.0s   done"]);
});

test("a line is cut to the width, a view to the height, and no secret stands in it", async () => {
  const { log, lines, written } = openTerminal(30, 8);
  log.mask("s3cret");
  const listMissing = () => Array.from({ length: 20 }, (_, n) => `s3cret ${n} ${"x".repeat(50)}\u001b[2J`);
  log.live?.begin({ kind: "wait", span: 1, listMissing });
  vi.advanceTimersByTime(1_000);
  const shown = await lines();
  expect(shown).toHaveLength(6);
  expect(shown[0]).toBe(`    *** 0 ${"x".repeat(19)}`);
  expect(shown.at(-1)).toBe("  ... and 15 more");
  expect(written()).not.toContain("s3cret");
});

test("nothing that others wrote steers the terminal or is a command", async () => {
  const { log, lines, written } = openTerminal(300);
  log.mask("p4ssw0rd");
  const hostile = "x\n::add-mask::x ##[group]y \u001b]0;t\u0007\u001b[2J \u202e p4ss\u200dw0rd";
  log.live?.begin({ kind: "phase", name: hostile, span: 1, startedMs: Date.now() });
  log.live?.begin({ kind: "wait", span: 1, listMissing: () => [hostile] });
  log.live?.begin({
    ...{ kind: "download", name: hostile, startedMs: Date.now() },
    ...{ countBytes: () => 1, countTotal: () => 2 },
  });
  vi.advanceTimersByTime(1_000);
  const shown = await lines();
  expect(shown).toHaveLength(2);
  for (const line of shown) {
    expect(commandIn(line)).toBeUndefined();
    expect(showControls(line)).toBe(line);
  }
  for (const forbidden of ["p4ssw0rd", "\u001b]", "\u001b[2J"]) expect(written()).not.toContain(forbidden);
});

test("a terminal that gets narrower loses no line that stays, and shows the view anew", async () => {
  const { log, lines, resize, screen } = openTerminal(100, 24);
  const staying = Array.from({ length: 5 }, (_, n) => `line ${n}`);
  for (const line of staying) log.info(line);
  const name = "a phase with a long name";
  log.live?.begin({ kind: "phase", name, span: 1, startedMs: Date.now() });
  log.live?.begin({ kind: "wait", span: 1, listMissing: () => ["x".repeat(200)] });
  vi.advanceTimersByTime(400);
  await lines();
  resize(40, 10);
  vi.advanceTimersByTime(400);
  const shown = await lines();
  expect(shown.filter((line) => line.includes("line "))).toEqual(staying.map((line) => `0.0s   ${line}`));
  expect(shown.at(-1)).toMatch(/^ {2}a phase with a long name {3}\d s {2}x+$/);
  expect(screen.visible()).toContain(shown.at(-1));
  log.close();
  expect((await lines()).at(-1)).not.toBe(shown.at(-1));
});

test("what is removed stays removed, and nothing is drawn after the end", async () => {
  const { log, lines, written } = openTerminal();
  log.live?.begin({ kind: "phase", name: "deploy", span: 1, startedMs: Date.now() });
  vi.advanceTimersByTime(400);
  log.close();
  expect(await lines()).toEqual([]);
  const before = written();
  vi.advanceTimersByTime(1_000);
  expect(written()).toBe(before);
});

test("colours follow the level, and a terminal without UTF-8 gets ASCII", async () => {
  const { log, lines, screen, written } = openTerminal(80, 24, { isColoured: true, isUtf8: false });
  log.error("✗ failed → here");
  log.live?.begin({
    ...{ kind: "download", name: "k3s", startedMs: Date.now() },
    ...{ countBytes: () => 32 * mib, countTotal: () => 64 * mib },
  });
  vi.advanceTimersByTime(4_000);
  expect((await lines()).map((line) => line.trimStart())).toEqual([
    "0.0s   error: x failed \\u{2192} here",
    "k3s                             ########........  32 MiB of 64 MiB, 8 MiB/s",
  ]);
  expect(screen.hasColour("failed")).toBe(true);
  expect(written()).toMatch(/^[\0-\x7f]*$/);
});

test.each([
  [
    { TERM: "xterm", LANG: "en_US.UTF-8" },
    { isRich: true, isUtf8: true },
  ],
  [
    { TERM: "xterm", LANG: "en_US.UTF-8", LC_ALL: "C" },
    { isRich: true, isUtf8: false },
  ],
  [
    { TERM: "xterm", LC_CTYPE: "ko_KR.utf8", NO_COLOR: "" },
    { isRich: true, isUtf8: true },
  ],
  [
    { TERM: "xterm", NO_COLOR: "1" },
    { isRich: false, isUtf8: false },
  ],
  [{ TERM: "dumb" }, { isRich: false, isUtf8: false }],
  [
    { TERM: "xterm", CI: "true" },
    { isRich: false, isUtf8: false },
  ],
])("a terminal with %j", (env, expected) => {
  expect(readDisplay(env)).toEqual(expected);
});

test("without a terminal there is no view, and with --quiet only warnings and errors", () => {
  let written = "";
  const log = createTerminalLogger({
    detail: "quiet",
    startedAt: Date.now(),
    write: (text) => {
      written += text;
    },
  });
  expect(log.live).toBeUndefined();
  log.info("progress");
  log.debug("details");
  log.warn("careful");
  log.error("broken");
  expect(written).toBe("   0.0s   warning: careful\n   0.0s   error: broken\n");
});
