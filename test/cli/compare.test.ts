import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { compareCommand } from "../../src/cli/commands/compare.ts";
import { createHost } from "../../src/host/create.ts";
import { failed, goodResults } from "../report/results.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-compare-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function writeResults(name: string, results: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(results));
  return path;
}

/** Runs `monstack compare` and returns what it printed. */
async function compare(before: string, after: string, flags = {}): Promise<string> {
  let text = "";
  const code = await compareCommand.prepare(flags, [before, after]).run({
    print: (more) => {
      text += more;
    },
    printJson: () => {},
    createHost: () => createHost({}),
    createContext: () => Promise.reject(new Error("it serves nothing")),
    withSession: () => Promise.reject(new Error("it needs no configuration")),
  });
  expect(code).toBe(0);
  return text.replaceAll(folder, "DIR");
}

it("compares a folder with a file, as text and as JSON", async () => {
  await writeResults("results.json", goodResults());
  const after = await writeResults("after.json", goodResults({ checks: [failed] }));
  expect(await compare(folder, folder)).toMatch(/^Nothing changed in what could be compared since/);
  expect(await compare(folder, after)).toContain("      targets-up     gone, was pass\n");
  expect(JSON.parse(await compare(folder, after, { output: "json" }))).toMatchObject({
    baseline: { from: "DIR", verified: true },
    changes: [
      { area: "checks", name: "grafana-query", effect: "worse" },
      { area: "checks", name: "targets-up", effect: "neutral" },
    ],
  });
});

it("names a file that is missing or something else", async () => {
  await expect(compare(folder, folder)).rejects.toThrow(`${folder}/results.json does not exist`);
  const other = await writeResults("other.json", { ...goodResults(), schemaVersion: 1 });
  await expect(compare(other, other)).rejects.toThrow(
    /other\.json is not the results\.json of a run: schemaVersion/,
  );
});
