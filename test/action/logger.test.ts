import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

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
    "::error title=image not found,file=ops/monstack.yaml,line=12,col=7::no such tag",
  ]);
});

it("one without a place has a title only, a line without a file is left out", () => {
  expect(
    commandsOf(`log.warn("slow"); log.warn("slow", { title: "clock", line: 3 }); log.error("x")`),
  ).toEqual(["::warning title=monstack::slow", "::warning title=clock::slow", "::error title=monstack::x"]);
});
