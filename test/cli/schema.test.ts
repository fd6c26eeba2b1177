import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { runCli } from "../../src/cli/run.ts";
import { Lock } from "../../src/lockfile/lock.ts";

/** Runs the CLI in this process. */
async function run(...argv: string[]) {
  let stdout = "";
  let stderr = "";
  const exitCode = await runCli(argv, "/nowhere", {
    cwd: "/",
    env: {},
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
  });
  return { exitCode, stdout, stderr };
}

describe("monstack schema", () => {
  it.each([
    ["config", "monstack.schema.json"],
    ["results", "results.schema.json"],
    ["lock", "lock.schema.json"],
  ])("prints what docs has for %s", async (name, file) => {
    const { exitCode, stdout } = await run("schema", name);
    const written = readFileSync(join(import.meta.dirname, "../../docs", file), "utf8");
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, JSON.parse(written)]);
  });

  it("says which there are", async () => {
    const { exitCode, stderr } = await run("schema", "confg");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("there is no schema of `confg`; did you mean config?");
  });

  it("of the lock accepts a lock, and refuses what is none", async () => {
    const { stdout } = await run("schema", "lock");
    const validate = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(stdout));
    const sha256 = "a".repeat(64);
    const download = { url: "https://x.example/k3s", sha256 };
    const lock = {
      lockVersion: 1,
      monstack: "0.1.0",
      profile: "ci",
      tools: { k3s: { asked: "default", version: "v1.36.3+k3s1", amd64: download, arm64: download } },
      charts: [],
      dashboards: [],
      images: [{ image: "docker.io/a/b:1", digest: `sha256:${sha256}` }],
    };
    expect([Lock.safeParse(lock).success, validate(lock)]).toEqual([true, true]);
    for (const bad of [
      { ...lock, profile: "x" },
      { ...lock, images: [{ image: "a", digest: "b" }] },
      { ...lock, more: 1 },
    ])
      expect(validate(bad)).toBe(false);
  });
});
