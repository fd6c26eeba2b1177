import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { parseCommandLine } from "../../src/cli/program.ts";
import { version } from "../../src/lib/version.ts";
import { reportFiles } from "../../src/report/write.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/other-ci.md"), "utf8");
const blocks = (info: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${info}\\n(.*?)\`\`\``, "gs"))].map(([, text = ""]) => text);

interface GitLabJob {
  readonly script: readonly string[];
  readonly artifacts: { readonly when: string; readonly paths: readonly string[] };
}

describe("the examples for GitLab CI", () => {
  const examples = blocks("yaml \\.gitlab-ci\\.yml");

  it("are YAML with jobs that have a script, and keep the report of a red run", () => {
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples)
      for (const { script, artifacts } of Object.values(parse(example) as Record<string, GitLabJob>)) {
        expect(script.length).toBeGreaterThan(0);
        expect(artifacts).toMatchObject({ when: "always", paths: ["monstack-report/"] });
      }
  });
});

test("the JUnit files of the examples are the one that a run writes", () => {
  const named = [...page.matchAll(/\S*monstack-report\/\w+\.xml/g)].map(([path]) => path.replace(/^'/, ""));
  expect(new Set(named)).toEqual(new Set([`monstack-report/${reportFiles.junit}`]));
  expect(named).toHaveLength(2);
});

describe("the Jenkinsfile", () => {
  const [jenkinsfile = ""] = blocks("groovy Jenkinsfile");

  it("closes every bracket and quote that it opens", () => {
    const code = jenkinsfile.replaceAll(/^ *\/\/.*$/gm, "");
    const withoutTexts = code.replaceAll(/'[^'\n]*'|"[^"\n]*"/g, "''");
    expect(withoutTexts.replaceAll("''", "")).not.toMatch(/['"]/);
    const open: string[] = [];
    const closing: Readonly<Record<string, string>> = { "}": "{", ")": "(", "]": "[" };
    for (const character of withoutTexts) {
      if ("{([".includes(character)) open.push(character);
      if (character in closing) expect(open.pop()).toBe(closing[character]);
    }
    expect(open).toEqual([]);
  });

  it("is a declarative pipeline that takes the stack down and keeps the report in every case", () => {
    expect(jenkinsfile).toMatch(/^pipeline \{\n.*\bagent \{.*\bstages \{.*\bpost \{\n {4}always \{/s);
    const [, always = ""] = /always \{\n(.*?)\n {4}\}/s.exec(jenkinsfile) ?? [];
    expect(always).toMatch(/monstack\S* down'/);
    expect(always).toContain("archiveArtifacts artifacts: 'monstack-report/**'");
  });
});

const calls = [...page.matchAll(/npx (?:--yes )?monstack(@\S+)? ([^'`>\n]+)/g)];

test.each(calls.map(([, tag, line = ""]) => [line.trim(), tag] as const))(
  "`monstack %s` is a command, of this version",
  (line, tag) => {
    expect(parseCommandLine(line.split(" "), () => {})?.command).toBe(line.split(" ")[0]);
    if (tag !== undefined) expect(tag).toBe(`@${version}`);
  },
);

test("every command of the examples was looked at", () => {
  expect(calls.length).toBeGreaterThanOrEqual(9);
});
