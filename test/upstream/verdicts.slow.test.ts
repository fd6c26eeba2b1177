import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { goFlags, prune } from "../../scripts/build-upstream.ts";
import { openSession } from "../../src/app/session/open.ts";
import { planCommand } from "../../src/cli/commands/plan.ts";
import { createHost } from "../../src/host/create.ts";
import { UserError } from "../../src/lib/errors.ts";
import { createExpressions } from "../../src/promql/promql.ts";
import { judgedBy } from "../../src/upstream/judge.ts";
import type { AnswerOf, Kind, RequestOf } from "../../src/upstream/protocol.ts";
import { sharedJudge, upstreamProgram } from "../support/judge.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { runCommand } from "../support/run-command.ts";

/** One of upstream's own test data; the message with which upstream's own function refuses it on this machine. */
interface Known {
  readonly suite: string;
  readonly name: string;
  readonly kind: Kind;
  readonly item: RequestOf<Kind>;
  /** Empty for what is accepted. */
  readonly refusal: string;
  /** It is not UTF-8. */
  readonly notText?: boolean;
}

const sources = join(import.meta.dirname, "../../upstream");
const judge = await sharedJudge();
/** A rule file of 1 MiB takes seconds. */
const slow = 180_000;

function go(...args: readonly string[]): string {
  const env = { ...process.env, GOFLAGS: `${goFlags} -trimpath`, CGO_ENABLED: "0" };
  return execFileSync("go", args, { cwd: sources, encoding: "utf8", maxBuffer: 64 * 1024 ** 2, env });
}

function goModule(...args: readonly string[]): string {
  return execFileSync("go", args, {
    cwd: sources,
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=readonly" },
  });
}

const hasGo = spawnSync("go", ["version"]).status === 0;

it("needs Go, which CI has", () => {
  if (!hasGo) console.warn("left out: the comparison with upstream's test data needs Go");
  expect(hasGo || process.env["CI"] !== "true").toBe(true);
});

describe.skipIf(!hasGo)("upstream's own test data", async () => {
  if (hasGo) prune();
  const folderOf = (module: string) =>
    goModule("list", "-m", "-f", "{{.Dir}}", `github.com/prometheus/${module}`).trim();
  const all = hasGo
    ? (JSON.parse(go("run", ".", folderOf("prometheus"), folderOf("alertmanager"))) as readonly Known[])
    : [];
  const suites = Map.groupBy(all, ({ suite }) => suite);

  it.each([...suites])(
    "%s: the same verdict on every one",
    async (_, each) => {
      const judged = await judgeAll(each.filter(({ notText }) => notText !== true));
      const others = judged.filter(({ known, answer }) => (known.refusal !== "") !== isRefused(answer));
      expect(others.map(({ known: { name, refusal }, answer }) => ({ name, refusal, answer }))).toEqual([]);
    },
    slow,
  );

  it.each([...suites])(
    "%s: upstream's own words",
    async (_, each) => {
      const judged = await judgeAll(
        each.filter(({ notText, refusal }) => notText !== true && refusal !== ""),
      );
      const foreign = judged.filter(
        ({ known, answer }) => !answer.errors?.some(({ message }) => known.refusal.includes(message)),
      );
      expect(foreign.map(({ known: { name, refusal }, answer }) => ({ name, refusal, answer }))).toEqual([]);
    },
    slow,
  );

  it(
    "of a configuration, whose name says the verdict",
    async () => {
      const all = suites.get("Prometheus, config/testdata") ?? [];
      // What is wrong with these is in a file that they name.
      const named = all.filter(
        ({ name }) => /\.(good|bad)\.yml$/.test(name) && !name.startsWith("scrape_config_files_"),
      );
      for (const { known, answer } of await judgeAll(named))
        expect([known.name, isRefused(answer)]).toEqual([known.name, known.name.includes(".bad.")]);
    },
    slow,
  );

  it.each([
    ["Alertmanager, config/testdata", "alertmanager-config"],
    ["Prometheus, model/rulefmt/testdata", "rules"],
    ["Prometheus, cmd/promtool/testdata", "rules"],
  ])(
    "%s: by monstack's own command",
    async (suite, flag) => {
      const kind = flag === "rules" ? "rules" : "alertmanager";
      const files = (suites.get(suite) ?? []).filter(
        ({ kind: its, item, notText }) =>
          its === kind && notText !== true && !("legacyNames" in item && item.legacyNames),
      );
      expect(files.length).toBeGreaterThan(3);
      const verdicts: Record<string, string> = {};
      for (const { name, item } of files) verdicts[name] = (await refusalByPlan(flag, textOf(item))) ?? "";
      const others = files.filter(({ name, refusal }) => (refusal === "") !== (verdicts[name] === ""));
      expect(others.map(({ name, refusal }) => ({ name, refusal, plan: verdicts[name] }))).toEqual([]);
    },
    slow,
  );

  it(
    "the table of expressions: by monstack's own command",
    async () => {
      const table = (suites.get("Prometheus, promql/parser/parse_test.go") ?? []).filter(
        ({ notText }) => notText !== true,
      );
      expect(table.length).toBeGreaterThan(300);
      const refused = table.filter(({ refusal }) => refusal !== "");
      const accepted = table.filter(({ refusal }) => refusal === "");
      const features = [
        ...new Set(table.flatMap(({ item }) => ("features" in item ? (item.features ?? []) : []))),
      ];
      expect(await refusalByPlan("rules", rulesOf(accepted), features)).toBeUndefined();
      // A message names no more than so many mistakes.
      for (let from = 0; from < refused.length; from += 15) {
        const some = refused.slice(from, from + 15);
        const message = (await refusalByPlan("rules", rulesOf(some), features)) ?? "";
        const unnamed = some.filter((_, index) => !message.includes(`asked.yml:${index + 5}:`));
        expect(unnamed.map(({ name }) => name)).toEqual([]);
      }
    },
    slow,
  );

  it("is as much as the documentation says", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/architecture.md"), "utf8");
    for (const [suite, each] of suites) {
      const refused = each.filter(({ refusal }) => refusal !== "").length;
      expect(page).toContain(`| ${suite} | ${each.length} | ${refused} |`);
    }
  });
});

it.skipIf(!hasGo)("the versions are those of the modules", () => {
  const versionOf = (module: string) =>
    goModule("list", "-m", "-f", "{{.Version}}", `github.com/prometheus/${module}`).trim();
  // The module v0.314.0 is the release v3.14.0.
  expect(versionOf("prometheus").replace(/^v0\.3(\d\d)\./, (_, minor) => `3.${Number(minor)}.`)).toBe(
    judgedBy.prometheus,
  );
  expect(versionOf("alertmanager")).toBe(`v${judgedBy.alertmanager}`);
});

/** Why `plan` refuses a file that a flag names; undefined when it accepts it. */
async function refusalByPlan(
  flag: string,
  text: string,
  features: readonly string[] = [],
): Promise<string | undefined> {
  const host = await createHost({ PATH: process.env["PATH"], HOME: tmpdir() });
  return await host.files.withTemp("monstack-verdict-", async (cwd) => {
    await writeFile(join(cwd, "asked.yml"), text);
    const values = { server: { extraFlags: [`enable-feature=${features.join(",")}`] } };
    await writeFile(
      join(cwd, "monstack.yaml"),
      features.length === 0 ? "" : JSON.stringify({ apps: { prometheus: { values } } }),
    );
    const context = { host, log: createRecordingLogger(), signal: new AbortController().signal };
    const asked = { fix: false, offline: true, strict: false };
    const input = { cwd, flags: { [flag]: "asked.yml" }, forwardScript: "/nowhere", upstreamProgram };
    try {
      const session = { ...(await openSession(context, input)), judge };
      expect(
        await runCommand(planCommand, { ...session, expressions: createExpressions(judge) }, asked),
      ).toBe(0);
      return undefined;
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
  });
}

function textOf(item: RequestOf<Kind>): string {
  return "text" in item ? item.text : "";
}

/** A rule file with an expression in each line from the fifth. */
function rulesOf(expressions: readonly Known[]): string {
  const rules = expressions.map(
    ({ item }, index) => `  - {record: "r${index}", expr: ${JSON.stringify(textOf(item))}}\n`,
  );
  return `groups:\n- name: all\n  interval: 1m\n  rules:\n${rules.join("")}`;
}

interface Judged {
  readonly known: Known;
  readonly answer: AnswerOf<Kind>;
}

async function judgeAll(all: readonly Known[]): Promise<Judged[]> {
  const byKind = Map.groupBy(all, ({ kind }) => kind);
  const asked = [...byKind].map(async ([kind, each]) => {
    const answers = await judge.ask(
      kind,
      each.map(({ item }) => item),
    );
    return each.flatMap((known, index): Judged[] => {
      const answer = answers[index];
      return answer === undefined ? [] : [{ known, answer }];
    });
  });
  return (await Promise.all(asked)).flat();
}

function isRefused({ errors = [] }: AnswerOf<Kind>): boolean {
  return errors.length > 0;
}
