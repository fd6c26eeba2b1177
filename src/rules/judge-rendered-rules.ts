import { ruleGroup } from "../alerting/own-alerts.ts";
import { isMapping } from "../lib/values.ts";
import { deployedPrometheus, hasLegacyNames } from "../model/deployed-prometheus.ts";
import type { RenderedApp } from "../model/rendered-app.ts";
import type { Judge } from "../upstream/types.ts";
import { judgeRuleTexts, type RuleText, ruleFileOfSpec } from "./judge-rule-texts.ts";
import type { FileMistake } from "./mistake.ts";
import { fileNameOf, parseFile, partAt, ruleFiles } from "./rendered-files.ts";

interface RenderedRules extends RuleText {
  readonly app: string;
  readonly file: string;
  /** As it was rendered. */
  readonly content: unknown;
}

/**
 * Returns what Prometheus would refuse in the rule files and PrometheusRules that the charts render for it. Files that nobody
 * reads are not judged.
 */
export async function judgeRenderedRules(
  judge: Pick<Judge, "ask">,
  rendered: readonly RenderedApp[],
): Promise<FileMistake[]> {
  const files = rendered.flatMap(rulesOf).filter(({ data }) => !isOwnOrEmpty(data));
  const deployed = deployedPrometheus(rendered);
  const judged = await judgeRuleTexts(judge, files, {
    features: deployed.features,
    legacyNames: hasLegacyNames(deployed),
    prometheus2: hasLegacyNames(deployed),
  });
  return files.flatMap(({ app, file, data, content }, index) =>
    (judged[index] ?? []).map(({ path, problem, character }) => ({
      app,
      file,
      part: partAt(data, path),
      problem,
      path,
      character,
      content,
    })),
  );
}

/** The charts always render some files. What nobody wrote needs no judge, whose start takes a second. */
function isOwnOrEmpty(data: unknown): boolean {
  if (!isMapping(data)) return data === null;
  const { groups = [], ...rest } = data;
  if (Object.keys(rest).length > 0 || !Array.isArray(groups)) return false;
  return groups.every((group: unknown) => isMapping(group) && group["name"] === ruleGroup.name);
}

function rulesOf(app: RenderedApp): RenderedRules[] {
  const { name } = app.app;
  const files = ruleFiles(app).map((file) => {
    const { content: text } = file;
    const data = parseFile(text);
    return { app: name, file: fileNameOf(file), text, data, content: data ?? text };
  });
  const resources = app.objects
    .filter(({ kind }) => kind === "PrometheusRule")
    .map(({ spec, metadata }) => ({
      app: name,
      file: `PrometheusRule ${metadata.namespace}/${metadata.name}`,
      ...ruleFileOfSpec(spec),
      content: spec,
    }));
  return [...files, ...resources];
}
