import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { showControls } from "../../src/lib/sanitize.ts";
import { commandIn } from "../support/runner-commands.ts";

const logger = join(import.meta.dirname, "../../src/action/logger.ts");

/** What the runner would read: workflow commands are lines on the standard output of a process. */
function commandsOf(code: string): string[] {
  const script = `import { createActionLogger } from ${JSON.stringify(logger)}; const log = createActionLogger(); ${code}`;
  const argv = ["--no-warnings", "--input-type=module", "-e", script];
  return execFileSync(process.execPath, argv, { encoding: "utf8" }).trim().split("\n");
}

it("an error that a line of the configuration caused is an annotation at that line", () => {
  const about = { title: "image not found", file: "ops/monstack.yaml", line: 12, column: 7 };
  expect(commandsOf(`log.error("no such tag", ${JSON.stringify(about)})`)).toEqual([
    "error: ops/monstack.yaml:12:7: no such tag",
    "::error title=image not found,file=ops/monstack.yaml,line=12,col=7::no such tag",
  ]);
});

it("one without a place has a title only, a line without a file is left out", () => {
  expect(
    commandsOf(`log.warn("slow"); log.warn("slow", { title: "clock", line: 3 }); log.error("x")`),
  ).toEqual([
    "warning: slow",
    "warning: slow",
    "error: x",
    "::error title=monstack::x",
    "::warning title=clock::slow",
    "::warning title=monstack::slow",
  ]);
});

const hostile =
  "said: ##[error]x\n::add-mask::y\r::stop-commands::z \u001b[2J\u202e p4ssw0rd p4ss\u001b[0mw0rd";

it("nothing that a message quotes is a command to the runner, or shows a secret", () => {
  const all = ["info", "debug", "warn", "error", "fail"].map((level) => `log.${level}(said);`).join("");
  const lines = commandsOf(
    `const said = ${JSON.stringify(hostile)}; log.mask("p4ssw0rd"); ${all} process.exitCode = 0;`,
  );
  const own = lines.flatMap((line) => commandIn(line) ?? []);
  expect(own).toEqual(["add-mask", "debug", "error", "error", "warning"]);
  const text = lines.slice(1).join("\n");
  expect(text).not.toContain("p4ssw0rd");
  expect(showControls(text)).toBe(text);
  expect(lines.slice(1, 4)).toEqual([
    "said: ##\\[error]x",
    "    \\::add-mask::y",
    "    \\::stop-commands::z \\x1b[2J\\u202e *** ***",
  ]);
});

it("the runner is told of each line of a secret that is long enough, and of none that spoils words", () => {
  const mask = (secret: string) => `log.mask(${JSON.stringify(secret)});`;
  expect(commandsOf(["e", "five5", "one-line", "{\n  first-line\n}", "50%-off"].map(mask).join(""))).toEqual([
    "::add-mask::one-line",
    "::add-mask::  first-line",
    "::add-mask::50%25-off",
  ]);
});

it("of many warnings those at a line of the user's files are kept, and the last one counts the others", () => {
  const lines = commandsOf(
    `for (let i = 0; i < 12; i++) log.warn("slow " + i); log.warn("no such key", { file: "a.yaml", line: 3 }); log.annotate(); log.fail("red"); process.exitCode = 0;`,
  ).filter((line) => line.startsWith("::"));
  expect(lines).toHaveLength(11);
  expect([lines[0], lines[1]]).toEqual([
    "::warning title=monstack,file=a.yaml,line=3::no such key",
    "::warning title=monstack::slow 0",
  ]);
  expect(lines.slice(9)).toEqual([
    "::warning title=monstack::4 more warnings are in the report and in the log: GitHub keeps 10 for each step",
    "::error::red",
  ]);
});

it("without the reporter github only the error that fails the step is an annotation", () => {
  expect(
    commandsOf(
      `log.disableAnnotations(); log.warn("slow"); log.error("x"); log.fail("red"); process.exitCode = 0;`,
    ),
  ).toEqual(["warning: slow", "error: x", "::error::red"]);
});
