import { basename, dirname, isAbsolute, join } from "node:path";
import { stringify } from "yaml";
import type { Config } from "../config/schema.ts";
import type { Context, Host } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import { isMapping } from "../lib/object.ts";
import { parseYaml } from "../lib/yaml-text.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { Limits } from "../yaml/primitives.ts";
import { findRuleFiles } from "./rendered-files.ts";

const timeoutMs = 60_000;

/**
 * Runs the user's unit tests of rules with the real promtool. A rule file that a test names, and that is not beside the
 * test, is the deployed file with this name (`alerting_rules.yml`).
 * @throws UserError if a test fails, is not a test, or does not exist, or if the configured promtool can't be run
 */
export async function runRuleTests(
  context: Context,
  { alerting }: Pick<Config, "alerting">,
  rendered: readonly RenderedApp[],
  limits: Pick<Limits, "isRestricted" | "refusesPath">,
): Promise<void> {
  const { host, log } = context;
  if (alerting.ruleTests.length === 0) return;
  const promtool = await findPromtool(host, alerting.promtool);
  if (promtool === undefined) {
    log.warn(`alerting.rule-tests were not run: promtool is not in PATH (name one with alerting.promtool)`);
    return;
  }
  await host.files.withTemp("monstack-rule-tests-", async (folder) => {
    const copies: string[] = [];
    for (const [index, test] of alerting.ruleTests.entries())
      copies.push(await prepareTest(host, rendered, test, join(folder, String(index)), limits));
    const argv = [promtool, "test", "rules", ...copies] as const;
    const { exitCode, stdout, stderr } = await host.exec(argv, { allowFailure: true, timeoutMs });
    if (exitCode === 0) {
      log.info(`rule tests passed: ${alerting.ruleTests.map((path) => basename(path)).join(", ")}`);
      return;
    }
    const output = copies.reduce(
      (text, copy, index) => text.replaceAll(copy, alerting.ruleTests[index] ?? copy),
      `${stdout}\n${stderr}`.trim(),
    );
    throw new UserError(`the unit tests of rules (alerting.rule-tests) fail:\n${output.slice(-4_000)}`, {
      fix: "correct the rule or its test; `promtool test rules FILE` runs it alone",
    });
  });
}

/**
 * Returns the path of promtool; undefined if none is configured and none is installed.
 * @param configuredPath the configured path
 * @throws UserError if the configured promtool can't be run
 */
async function findPromtool(host: Host, configuredPath: string | undefined): Promise<string | undefined> {
  const path = configuredPath ?? "promtool";
  const versionOutput = await host
    .exec([path, "--version"], { timeoutMs: 10_000 })
    .catch((cause: unknown) => {
      if (configuredPath === undefined) return undefined;
      throw new UserError(`alerting.promtool: ${configuredPath} can't be run`, { cause });
    });
  return versionOutput && path;
}

/** Writes a copy of a test with absolute paths of its rule files, and returns the copy's path. */
async function prepareTest(
  host: Host,
  rendered: readonly RenderedApp[],
  path: string,
  folder: string,
  limits: Pick<Limits, "isRestricted" | "refusesPath">,
): Promise<string> {
  const text = await host.files.read(path);
  if (text === undefined) throw new UserError(`alerting.rule-tests: file not found: ${path}`);
  const copy = join(folder, basename(path));
  const test = tryParseYaml(text);
  if (!isMapping(test) || !Array.isArray(test["rule_files"])) {
    // promtool may find files in this text that are not checked here.
    if (limits.isRestricted)
      throw new UserError(`alerting.rule-tests: ${path} is not a mapping with a list rule_files`);
    // promtool's own message about this text is the clearest.
    await host.files.write(copy, text);
    return copy;
  }
  const files: string[] = [];
  for (const ruleFile of test["rule_files"].map(String)) {
    const absolutePath = isAbsolute(ruleFile) ? ruleFile : join(dirname(path), ruleFile);
    refuseRuleFile(ruleFile, absolutePath, path, limits);
    const deployedContent = (await host.files.exists(absolutePath))
      ? undefined
      : findDeployedContent(rendered, ruleFile);
    if (deployedContent === undefined) {
      files.push(absolutePath);
      continue;
    }
    const copiedRuleFile = join(folder, "rules", basename(ruleFile));
    files.push(copiedRuleFile);
    await host.files.write(copiedRuleFile, deployedContent);
  }
  await host.files.write(copy, stringify({ ...test, rule_files: files }));
  return copy;
}

/**
 * Refuses a rule file that a restricted run must not read. promtool opens rule files itself and prints what it can't
 * parse, and a pattern can match links.
 * @throws UserError
 */
function refuseRuleFile(
  written: string,
  absolute: string,
  test: string,
  { isRestricted, refusesPath }: Pick<Limits, "isRestricted" | "refusesPath">,
): void {
  const isPattern = isRestricted && /[*?[\\]/.test(written);
  const why = isPattern
    ? "a pattern can't be named with trust: restricted; name each file"
    : refusesPath(absolute);
  if (why !== undefined) throw new UserError(`${test}: rule_files: ${written}: ${why}`);
}

function findDeployedContent(rendered: readonly RenderedApp[], name: string): string | undefined {
  return rendered.flatMap(findRuleFiles).find(({ key }) => key === basename(name))?.content;
}

function tryParseYaml(text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    return undefined;
  }
}
