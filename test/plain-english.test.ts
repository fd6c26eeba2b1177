import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const below = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

/** Words of an earlier way to write, each with the plain word for it. Names in code count too. */
const instead: readonly (readonly [RegExp, string])[] = [
  [/\bmend(?:s|ed|ing)?\b/i, "fix"],
  [/\b(?:told|untold|tells? of|telling)\b/i, "report, reported"],
  [/\bright would be\b|\bwhat would be right\b/, "expected"],
  [/\bheld against\b/, "compared with"],
  [/\bgone on with\b/, "resumed"],
  [/\btried again with\b|\bgrowing waits\b/, "retried with exponential backoff"],
  [/\bpatience/i, "grace period, retry policy"],
  [/\b(?:may|can) heal\b/, "recover"],
  [/\basked (?:for|of)\b/, "requested"],
  [/\bstands? in the file\b|\bwhat stands in\b/, "the file's content, the key"],
  [/\bthe word of\b/, "the setting of"],
  [/\bcomes? to (?:its|their|an) end\b/, "finishes, exits"],
  [/\bwhence\b/, "from where"],
  [/(?<!there )(?<!There )\bis no (?!longer|more\b|other\b)[a-z]+\b/, "is not a ..."],
];

test.each([...below("src", ".ts"), ...below("docs", ".md"), "action.yml", "README.md", "CONTRIBUTING.md"])(
  "%s is in plain English",
  (path) => {
    const lines = read(path).split("\n");
    const found = lines.flatMap((line, index) =>
      instead
        .filter(([pattern]) => pattern.test(line))
        .map(([, plain]) => `${path}:${index + 1}: write "${plain}" here: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  },
);
