import { expect, test } from "vitest";
import { createTerminalLogger } from "../../src/cli/logger.ts";

/** What stands on a terminal after all that was written to it: lines, and what is erased is gone. */
function screenOf(written: string): string[] {
  const lines = written.split("\n").map((line) => line.split("\r\u001b[2K").at(-1) ?? "");
  return lines.map((line) => line.replace(/^ *\d+\.\d/, "0.0"));
}

function terminal(columns: number) {
  let written = "";
  const log = createTerminalLogger({
    verbose: false,
    startedAt: Date.now(),
    write: (text) => {
      written += text;
    },
    columns: () => columns,
  });
  return { log, screen: () => screenOf(written), written: () => written };
}

test("what goes on stands in the last line, is redrawn, and is gone when it is over", () => {
  const { log, screen } = terminal(80);
  log.info("begin");
  log.progress?.("k3s", "k3s 1.0 of 70.0 MB, 9.0 MB/s");
  log.progress?.("helm", "helm 2.0 of 20.0 MB, 8.0 MB/s");
  log.progress?.("k3s", "k3s 9.0 of 70.0 MB, 9.0 MB/s");
  log.warn("meanwhile\nin two lines");
  const both = "k3s 9.0 of 70.0 MB, 9.0 MB/s | helm 2.0 of 20.0 MB, 8.0 MB/s";
  const lines = ["0.0s   begin", "0.0s   warning: meanwhile", "             in two lines"];
  expect(screen()).toEqual([...lines, both]);
  log.progress?.("helm", undefined);
  log.progress?.("k3s", undefined);
  log.info("done");
  expect(screen()).toEqual([...lines, "0.0s   done", ""]);
});

test("it never wraps, and no secret stands in it", () => {
  const { log, screen, written } = terminal(20);
  log.mask("s3cret");
  log.progress?.("a", "a s3cret 1.0 of 70.0 MB, 9.0 MB/s");
  expect(screen()).toEqual(["a *** 1.0 of 70.0 M"]);
  expect(written()).not.toContain("s3cret");
});

test("without a terminal there is no such line", () => {
  const log = createTerminalLogger({ verbose: false, startedAt: Date.now(), write: () => undefined });
  expect(log.progress).toBeUndefined();
});
