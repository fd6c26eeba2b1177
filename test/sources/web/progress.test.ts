import { expect, test } from "vitest";
import type { Activity, LiveView } from "../../../src/host/activity.ts";
import type { Logger } from "../../../src/host/logger.ts";
import { createProgress } from "../../../src/sources/web/download.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";
import { createMachine, type Machine } from "../machine.ts";

/** A download of 10 MB in which so much comes at each time (ms), told as it comes. */
function downloadAt(
  machine: Machine,
  log: Logger,
  pieces: readonly [number, number][],
  total?: number,
): void {
  let [now, kept] = [1_000_000, 0];
  const context = { ...machine.context, log, host: { ...machine.host, now: () => now } };
  const progress = createProgress(context, "k3s", { kept: () => kept, total: () => total });
  for (const [ms, bytes] of pieces) {
    now = 1_000_000 + ms;
    kept += bytes;
    progress.update();
  }
  progress.end();
}

test("in a log a download says every ten seconds how far it is, a short one nothing", async () => {
  await using machine = await createMachine();
  const log = createRecordingLogger();
  downloadAt(
    machine,
    log,
    [
      [0, 1],
      [9_999, 5e6],
    ],
    30e6,
  );
  expect(log.lines).toEqual([]);
  const pieces: [number, number][] = [
    [5_000, 5e6],
    [10_000, 5e6],
    [15_000, 5e6],
    [21_000, 6e6],
  ];
  downloadAt(machine, log, pieces, 30e6);
  downloadAt(machine, log, [[10_000, 5e6]]);
  expect(log.lines.map(({ message }) => message)).toEqual([
    "k3s 9.5 MiB of 29 MiB, 977 KiB/s",
    "k3s 20 MiB of 29 MiB, 977 KiB/s",
    "k3s 4.8 MiB, 488 KiB/s",
  ]);
});

test("a terminal shows it from its begin to its end, and the log has no line of it", async () => {
  await using machine = await createMachine();
  const shown = new Set<Activity>();
  const counted: unknown[] = [];
  const live: LiveView = {
    begin: (activity) => {
      shown.add(activity);
      return () => {
        if (activity.kind === "download") counted.push([activity.countBytes(), activity.countTotal()]);
        shown.delete(activity);
      };
    },
  };
  const log = { ...createRecordingLogger(), live };
  const pieces: [number, number][] = [
    [100, 1e6],
    [20_000, 1e6],
  ];
  downloadAt(machine, log, pieces, 10e6);
  expect([counted, shown.size]).toEqual([[[2e6, 10e6]], 0]);
  expect(log.lines).toEqual([]);
});
