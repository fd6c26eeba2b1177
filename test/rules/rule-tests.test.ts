import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fullTrust } from "../../src/config/trust/decide.ts";
import { createLimits } from "../../src/config/trust/limits.ts";
import { createHost } from "../../src/host/create.ts";
import { createWorkspace } from "../../src/host/workspace.ts";
import { UserError } from "../../src/lib/errors.ts";
import { runRuleTests } from "../../src/rules/rule-tests.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { app, configMap } from "../verify/rendered-stack.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rule-tests-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const rules = "groups: [{name: g, rules: []}]\n";
const rendered = [
  app("prometheus", [
    configMap("prometheus-server", {
      "prometheus.yml": "rule_files: [/etc/config/alerting_rules.yml]\nscrape_configs: []\n",
      "alerting_rules.yml": rules,
    }),
  ]),
];

/** Says what it was called with and what the test's rule files hold; fails when the test has the word. */
const script = `#!/bin/sh
[ "$1" = --version ] && { echo promtool; exit 0; }
echo "$@"; shift 2
for t in "$@"; do
  grep -q wrong "$t" && { echo "FAILED: $t: got nothing"; exit 1; }
  for f in $(sed -n 's/^  - //p' "$t"); do cat "$f" || exit 2; done
done
`;

async function file(name: string, text: string, mode = 0o644): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

async function run(
  ruleTests: string[],
  promtool?: string,
  env: Record<string, string | undefined> = process.env,
  limits = createLimits(fullTrust, undefined),
) {
  const log = createRecordingLogger();
  const context = { host: await createHost(env), log, signal: new AbortController().signal };
  await runRuleTests(
    context,
    { alerting: { config: undefined, receivers: undefined, ruleTests, promtool } },
    rendered,
    limits,
  );
  return log.lines.map(({ message }) => message);
}

test("runs promtool on the tests, with the deployed rule files where none is beside them", async () => {
  const promtool = await file("promtool", script, 0o755);
  const path = await file("test.yml", "rule_files:\n  - alerting_rules.yml\ntests: []\n");
  expect(await run([path], promtool)).toEqual(["rule tests passed: test.yml"]);
});

test("prefers the rule file beside the test", async () => {
  const promtool = await file("promtool", script, 0o755);
  await file("alerting_rules.yml", "mine\n");
  const path = await file("test.yml", "rule_files:\n  - alerting_rules.yml\n  - none.yml\ntests: []\n");
  await expect(run([path], promtool)).rejects.toThrow(new RegExp(`mine[^]*${folder}/none.yml`));
});

test("a test that fails is the user's mistake, told in promtool's words with the user's path", async () => {
  const promtool = await file("promtool", script, 0o755);
  const path = await file("test.yml", "rule_files: []\ntests: [wrong]\n");
  const failing = run([path], promtool);
  await expect(failing).rejects.toThrow(UserError);
  await expect(failing).rejects.toThrow(`FAILED: ${path}: got nothing`);
});

test("without a promtool they are not run, which is said", async () => {
  const path = await file("test.yml", "rule_files: []\n");
  expect(await run([path], undefined, { ...process.env, PATH: "/usr/bin:/bin" })).toEqual([
    "alerting.rule-tests were not run: promtool is not in PATH (name one with alerting.promtool)",
  ]);
});

test("a promtool or a test that isn't there is a mistake", async () => {
  const promtool = await file("promtool", script, 0o755);
  await expect(run([join(folder, "none.yml")], promtool)).rejects.toThrow("file not found");
  const path = await file("test.yml", "rule_files: []\n");
  await expect(run([path], join(folder, "none"))).rejects.toThrow("can't be run");
});

test("nothing is run where there are no tests", async () => {
  expect(await run([], "/nowhere/promtool")).toEqual([]);
});

test.each([
  ["outside the workspace", "/proc/self/environ", "it lies outside the workspace"],
  ["git's own", ".git/config", ".git can hold secrets of the job"],
  ["a pattern", "rules/*.yml", "a pattern can't be named with trust: restricted; name each file"],
])("hands promtool no rule file that is %s where files are restricted", async (_, name, why) => {
  const promtool = await file("promtool", script, 0o755);
  const path = await file("test.yml", `rule_files:\n  - ${name}\ntests: []\n`);
  const trust = { level: "restricted", why: "a test", variables: [] } as const;
  const running = run([path], promtool, process.env, createLimits(trust, createWorkspace(folder)));
  await expect(running).rejects.toThrow(`rule_files: ${name}: ${why}`);
});

test("hands promtool no test that it may read otherwise where files are restricted", async () => {
  const promtool = await file("promtool", script, 0o755);
  const path = await file("test.yml", "rule_files: [/etc/shadow]\n---\nrule_files: []\n");
  const trust = { level: "restricted", why: "a test", variables: [] } as const;
  const running = run([path], promtool, process.env, createLimits(trust, createWorkspace(folder)));
  await expect(running).rejects.toThrow("is not a mapping with a list rule_files");
});
