import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeQueries } from "../../src/app/validate/queries.ts";
import { inFolder } from "../config/in-folder.ts";
import { judge } from "../support/expressions.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/own-checks.md"), "utf8");
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => yaml);

describe("docs/own-checks.md", () => {
  it.each(examples.map((yaml, index) => [index, yaml] as const))(
    "has no mistake in example %i",
    async (_, yaml) => {
      await using folder = await inFolder({ "monstack.yaml": yaml });
      const loaded = await folder.load();
      const { config, warnings } = loaded;
      await judgeQueries({ judge, loaded }, { config, apps: [] });
      expect(config.checks.length).toBeGreaterThan(0);
      expect(warnings).toEqual([]);
    },
  );

  it("shows every key of a check", () => {
    const whole = examples.join("\n");
    const keys = [
      "name",
      "title",
      "severity",
      "within",
      "hint",
      "promql",
      "expect",
      "over",
      "step",
      "http",
      "resource",
    ];
    const inside = [
      "series",
      "every",
      "any",
      "range",
      "labels",
      "finite",
      "fresh",
      "url",
      "method",
      "headers",
      "body",
      "status",
    ];
    const others = [
      "json",
      "contains",
      "kind",
      "apiVersion",
      "namespace",
      "selector",
      "condition",
      "field",
      "exists",
      "count",
    ];
    for (const key of [...keys, ...inside, ...others]) expect(whole, key).toMatch(new RegExp(`\\b${key}:`));
  });

  it("shows an error as it is reported", async () => {
    const [, shown = ""] =
      /Invalid PromQL is shown with a caret under the position:\n\n((?: {4}.*\n)+)/.exec(page) ?? [];
    const yaml = "checks:\n  - name: a\n    promql: sum(rate(x[5m])\n";
    await using folder = await inFolder({ "monstack.yaml": yaml });
    const loaded = await folder.load();
    const reported = await judgeQueries({ judge, loaded }, { config: loaded.config, apps: [] }).then(
      () => "it was accepted",
      (error: Error) => error.message,
    );
    expect(shown.replaceAll(/^ {4}/gm, "").trimEnd()).toBe(reported);
  });
});
