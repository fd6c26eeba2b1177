import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/threat-model.md"), "utf8");

interface Line {
  readonly claim: string;
  readonly file: string;
  /** Undefined where the whole file is the proof. */
  readonly title: string | undefined;
}

/** The rows of every table with a column "Test": `path` or `path`: title of a test. */
function linesOf(text: string): Line[] {
  return text
    .split("\n")
    .filter((line) => /^\|.*\|$/.test(line) && !/^\|[\s:|-]+\|$/.test(line) && !/\| Test \|$/.test(line))
    .map((line) => {
      const cells = line.slice(1, -1).split(" | ");
      const found = /^`(test\/[\w./-]+\.test\.ts)`(?:: (.+))?$/.exec((cells.at(-1) ?? "").trim());
      return { claim: line, file: found?.[1] ?? "", title: found?.[2]?.trim() };
    });
}

const [, attacks = ""] = page.split("\n## A pull request from a fork\n");
const lines = linesOf(attacks);

it("has a test for each line", () => {
  expect(lines.length).toBeGreaterThan(30);
  expect(lines.filter(({ file }) => file === "").map(({ claim }) => claim)).toEqual([]);
});

it("names tests that exist", () => {
  const missing = lines.filter(({ file, title }) => {
    const path = join(root, file);
    return !existsSync(path) || (title !== undefined && !readFileSync(path, "utf8").includes(title));
  });
  expect(missing.map(({ file, title }) => `${file}: ${title}`)).toEqual([]);
});
