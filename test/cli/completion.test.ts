import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { completeWords } from "../../src/cli/complete-words.ts";
import { parseCommandLine } from "../../src/cli/program.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-completion-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function complete(...words: string[]): Promise<string[]> {
  const text = await completeWords(words, { cwd: folder, env: {} });
  return text.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t")[0] ?? ""]));
}

test.each([
  [["ver"], ["verify"]],
  [
    ["cache", ""],
    ["list", "prune"],
  ],
  [["cache", "--json", "p"], ["prune"]],
  [["verify", "--wa"], ["--watch"]],
  [["up", "--grafana-po"], ["--grafana-port"]],
  [["verify", "--grafana-po"], []],
  [
    ["run", "--profile", ""],
    ["ci", "as-is", "production"],
  ],
  [["run", "--profile=a"], ["--profile=as-is"]],
  [["run", "--output", "n"], ["ndjson"]],
  [["run", "--profile", "=", "a"], ["as-is"]],
  [
    ["run", "--profile", "="],
    ["ci", "as-is", "production"],
  ],
  [["run", "--busy-port", "o"], ["other"]],
  [["verify", "--checks", "grafana-h"], ["grafana-healthy"]],
  [["rbac", "--also", "backup,r"], ["backup,restore"]],
  [["run", "--config", "x"], [":files"]],
  [["run", "--report-dir", ""], [":files"]],
  [["restore", "a"], [":files"]],
  [["run", "--grafana-port", ""], []],
  [
    ["completion", ""],
    ["bash", "zsh", "fish"],
  ],
  [["run", ""], []],
])("%j", async (words, expected) => {
  expect(await complete(...words)).toEqual(expected);
});

it("knows the default apps, and those of a configuration", async () => {
  expect(await complete("run", "--apps", "gr")).toEqual(["grafana"]);
  expect(await complete("run", "--stack", "operator", "--apps", "")).toEqual(["kube-prometheus-stack"]);
  const file = join(folder, "mine.yaml");
  await writeFile(file, "apps: {mine: {chart: ./chart}, grafana: {enabled: true}}\n");
  expect(await complete("run", "--config", file, "--apps", "grafana,m")).toEqual(["grafana,mine"]);
  expect(await complete("lock", "--config", file, "--update", "")).toEqual(
    expect.arrayContaining(["k3s", "mine"]),
  );
  await writeFile(file, "apps: [");
  expect(await complete("run", "--config", file, "--apps", "gr")).toEqual(["grafana"]);
});

describe("the script for bash", () => {
  /** Completes a line in a real bash, whose `monstack` prints what `__complete` does, for it is in a process of its own. */
  async function inBash(...words: string[]): Promise<string[]> {
    let script = "";
    const parsed = parseCommandLine(["completion", "bash"], () => {});
    await parsed?.run({
      print: (text) => {
        script += text;
      },
      printJson: () => {},
      createHost: () => Promise.reject(new Error("no host")),
      createContext: () => Promise.reject(new Error("no context")),
      withSession: () => Promise.reject(new Error("no session")),
    });
    const program = join(folder, "monstack");
    await writeFile(join(folder, "output"), await completeWords(words, { cwd: folder, env: {} }));
    await writeFile(program, `#!/bin/bash\nprintf '%s\\n' "$@" >${folder}/given\ncat ${folder}/output\n`);
    await chmod(program, 0o755);
    const line = [program, ...words].map((word) => `'${word}'`).join(" ");
    const { stdout, stderr } = await promisify(execFile)("bash", [
      "-c",
      `${script}COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _monstack; printf '%s\\n' "\${COMPREPLY[@]}"; cat ${folder}/given >&2; complete -p monstack >&2`,
    ]);
    expect(stderr).toBe(`${["__complete", ...words].join("\n")}\ncomplete -F _monstack monstack\n`);
    return stdout.split("\n").filter((word) => word !== "");
  }

  it("offers words without their explanations", async () => {
    expect(await inBash("ver")).toEqual(["verify"]);
    expect(await inBash("cache", "")).toEqual(["list", "prune"]);
    expect(await inBash("run", "--profile", "=", "a")).toEqual(["as-is"]);
  });

  it("leaves files to bash", async () => {
    expect(await inBash("restore", "a")).toEqual([]);
  });
});
