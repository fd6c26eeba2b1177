import { expect, it } from "vitest";
import { createTerminalLogger } from "../../src/cli/logger.ts";
import { showControls } from "../../src/lib/sanitize.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { commandIn } from "../support/runner-commands.ts";

it("an empty secret hides nothing", () => {
  const log = createRecordingLogger();
  log.mask("");
  log.info("as it is");
  expect(log.lines).toEqual([{ level: "info", message: "as it is" }]);
});

it("on a terminal each line has its time and its level, and no secret, also one of several lines", () => {
  const lines: string[] = [];
  const log = createTerminalLogger({
    detail: "normal",
    startedAt: Date.now(),
    write: (line) => void lines.push(line.replace(/^ *\d+\.\d/, "0.0")),
  });
  log.mask("top\nsecret");
  log.mask("");
  log.debug("unheard");
  log.info("one\ntwo");
  log.warn("here: top\nsecret");
  log.error("broken");
  expect(lines.join("")).toBe(
    "0.0s   one\n             two\n0.0s   warning: here: ***\n0.0s   error: broken\n",
  );
});

it("what is about a place in a file begins with it on a terminal, and keeps it in the record", () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line.trim().replace(/^\d+\.\d/, "0.0"));
  const log = createTerminalLogger({ detail: "normal", startedAt: Date.now(), write });
  log.error("no such image", { title: "image", file: "values.yaml", line: 12, column: 7 });
  log.warn("it has no effect", { file: "values.yaml", line: 3 });
  log.warn("nowhere in particular", { title: "a headline only" });
  expect(lines).toEqual([
    "0.0s   error: values.yaml:12:7: no such image",
    "0.0s   warning: values.yaml:3: it has no effect",
    "0.0s   warning: nowhere in particular",
  ]);
  const record = createRecordingLogger();
  record.error("no such image", { file: "values.yaml", line: 12 });
  expect(record.lines).toEqual([
    { level: "error", message: "no such image", about: { file: "values.yaml", line: 12 } },
  ]);
});

it("on a terminal nothing that a message quotes steers it, forges a line or is a command", () => {
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const log = createTerminalLogger({ detail: "verbose", startedAt: Date.now(), write });
  log.mask("p4ssw0rd");
  const hostile = "said\n   0.0s   verified\r::add-mask::x ##[group]y \u001b]0;t\u0007 \u202e p4ss\u200dw0rd";
  for (const level of ["debug", "info", "warn", "error"] as const) log[level](hostile);
  const lines = written.join("").split("\n");
  expect(lines.flatMap((line) => commandIn(line) ?? [])).toEqual([]);
  expect(lines.filter((line) => /^ {0,5}\d+\.\ds +verified/.test(line))).toEqual([]);
  expect(lines.join("\n")).not.toContain("p4ssw0rd");
  for (const line of lines) expect(showControls(line)).toBe(line);
});

it("a runner of GitHub's is told what to mask, once", () => {
  const written: string[] = [];
  const options = {
    detail: "normal" as const,
    startedAt: Date.now(),
    write: (text: string) => void written.push(text),
  };
  const log = createTerminalLogger({ ...options, isOnGitHub: true });
  for (const secret of ["p4ssw0rd", "p4ssw0rd", "e", "", "a\nsecond-line"]) log.mask(secret);
  expect(written).toEqual(["::add-mask::p4ssw0rd\n", "::add-mask::second-line\n"]);
});
