import { parseDuration } from "../../lib/duration.ts";
import { UserError } from "../../lib/errors.ts";
import { getValueAt, isMapping } from "../../lib/object.ts";
import { getChartName } from "../../model/chart.ts";
import type { Notice, PlannedApp, RequestedValue } from "../../model/plan.ts";
import { hasGroups, isRuleFileRead } from "../capture.ts";
import { findScrapeInterval } from "../profiles/scrape-intervals.ts";
import type { PlanChanges, PlanSetting, SettingInput } from "./apply.ts";
import { readUserFile, type UserYaml } from "./user-files.ts";

/** A rule group as the user wrote it. */
type Group = Readonly<Record<string, unknown>>;

/** Rule groups of one file, with the function that creates notices at places in the file. */
export interface RuleNotices {
  readonly yaml: Pick<UserYaml, "notice">;
  /** Key path above `groups`: empty in a rule file, `spec` in a PrometheusRule. */
  readonly at: readonly (string | number)[];
  readonly groups: readonly Group[];
}

export interface RuleSource extends RuleNotices {
  readonly yaml: UserYaml;
}

/**
 * Plans `rules`: the user's rule files, which the stack's Prometheus gets unchanged, except for repeated group names.
 * Whether Prometheus accepts them is checked elsewhere.
 * @throws UserError if no app of the stack deploys a known Prometheus
 */
export const planRules: PlanSetting = (input) => {
  if (input.config.rules.length === 0) return {};
  const app = findPrometheus(input.apps);
  if (app === undefined)
    throw new UserError(`rules: no app of this stack is one of the charts ${prometheusCharts.join(", ")}`);
  const sources = readRuleSources(input);
  const target = findTarget(app);
  const renamed = renameRepeatedGroups(sources, target.taken);
  return {
    ...target.deploy(renamed.groups, `rules (${sources.map(({ yaml }) => yaml.shownAs).join(", ")})`),
    notices: renamed.notices,
  };
};

/**
 * Reads the user's rule files.
 * @throws UserError if a file is not valid YAML
 */
export function readRuleSources(input: Pick<SettingInput, "config" | "texts" | "cwd">): RuleSource[] {
  return input.config.rules.map((path) => readSource(readUserFile(input, path)));
}

/** Returns the app whose Prometheus gets the user's rules. */
export function findPrometheus(apps: readonly PlannedApp[]): PlannedApp | undefined {
  return apps.find((app) => prometheusCharts.includes(getChartName(app.chart)));
}

const prometheusCharts: readonly string[] = ["prometheus", "kube-prometheus-stack"];

/** Returns the rule groups of a file. It is a rule file, or a PrometheusRule with the same content in `spec`. */
function readSource(yaml: UserYaml): RuleSource {
  const { data } = yaml;
  const at = isMapping(data) && data["kind"] === "PrometheusRule" ? ["spec"] : [];
  const content: unknown = isMapping(data) && at.length > 0 ? data["spec"] : data;
  const groups = isMapping(content) && Array.isArray(content["groups"]) ? content["groups"] : [];
  return { yaml, at, groups: groups.filter(isMapping) };
}

/** A place for the user's rule groups, and how they are deployed there. */
interface Target {
  /** Names of groups that this place has already. */
  readonly taken: readonly string[];
  deploy(groups: readonly Group[], setting: string): PlanChanges;
}

function findTarget(app: PlannedApp): Target {
  return getChartName(app.chart) === "prometheus" ? findRuleFileTarget(app) : findPrometheusRuleTarget(app);
}

/**
 * Returns the chart's rule file for the user's groups. The chart renders it into the ConfigMap that Prometheus
 * mounts. A file that is empty or has groups already is suitable.
 * @throws UserError if Prometheus reads none of these files
 */
function findRuleFileTarget(app: PlannedApp): Target {
  if (getValueAt(app.values, ["server", "configMapOverrideName"]))
    throw new UserError(
      `rules: ${app.name} reads its files from a ConfigMap of your own (server.configMapOverrideName); put them there`,
    );
  const getContent = (file: string) => getValueAt(app.values, ["serverFiles", file]);
  const file = ["alerting_rules.yml", "recording_rules.yml", "alerts", "rules"].find(
    (name) => isRuleFileRead(app.values, name) && (isEmpty(getContent(name)) || hasGroups(getContent(name))),
  );
  if (file === undefined)
    throw new UserError(
      `rules: none of the chart's rule files is in rule_files of ${app.name}'s serverFiles.prometheus\\.yml`,
      { fix: "add /etc/config/alerting_rules.yml to rule_files" },
    );
  const content = getContent(file);
  const groups: unknown[] = hasGroups(content) ? content.groups : [];
  const path = ["serverFiles", file, "groups"];
  return {
    taken: groups.flatMap((group) => (isMapping(group) ? [String(group["name"])] : [])),
    deploy: (value, setting) => {
      const requested: RequestedValue = { app: app.name, path, value, how: "append", setting };
      return { values: [requested] };
    },
  };
}

function isEmpty(content: unknown): boolean {
  return content === undefined || (isMapping(content) && Object.keys(content).length === 0);
}

/**
 * Returns the target that deploys the user's groups as one PrometheusRule, with the labels by which Prometheus
 * selects rules.
 */
function findPrometheusRuleTarget(app: PlannedApp): Target {
  const spec = getValueAt(app.values, ["prometheus", "prometheusSpec"]);
  const selector = isMapping(spec) ? getValueAt(spec, ["ruleSelector", "matchLabels"]) : undefined;
  const labels = isMapping(selector) ? selector : { release: app.release };
  const name = "monstack-rules";
  return {
    taken: [],
    deploy: (groups) => ({
      apps: [
        {
          name,
          release: name,
          namespace: app.namespace,
          chart: {
            kind: "objects",
            name,
            objects: [
              {
                apiVersion: "monitoring.coreos.com/v1",
                kind: "PrometheusRule",
                metadata: { name, namespace: app.namespace, labels },
                spec: { groups },
              },
            ],
          },
          values: {},
          // Its admission webhook judges the rules, so it has to run.
          dependsOn: [{ app: app.name, until: "ready" }],
          timeoutMs: app.timeoutMs,
        },
      ],
    }),
  };
}

/**
 * Returns the groups with unique names, and a notice for each renamed one. Prometheus refuses a file with two groups of
 * the same name, so the file's name is added to the later one.
 */
function renameRepeatedGroups(
  sources: readonly RuleSource[],
  takenNames: readonly string[],
): { groups: Group[]; notices: Notice[] } {
  const names = new Set(takenNames);
  const groups: Group[] = [];
  const notices: Notice[] = [];
  for (const { yaml, at, groups: sourceGroups } of sources) {
    for (const [index, group] of sourceGroups.entries()) {
      const name = String(group["name"]);
      let uniqueName = name;
      for (let count = 1; names.has(uniqueName); count++)
        uniqueName = count === 1 ? `${name} (${yaml.shownAs})` : `${name} (${yaml.shownAs} ${count})`;
      names.add(uniqueName);
      groups.push(uniqueName === name ? group : { ...group, name: uniqueName });
      if (uniqueName !== name) {
        const text = `another rule group is named ${name} too; this one is deployed as ${uniqueName}`;
        notices.push(yaml.notice("rule-group-renamed", [...at, "groups", index, "name"], text));
      }
    }
  }
  return { groups, notices };
}

/**
 * Returns the scrape interval of the stack's Prometheus in milliseconds; undefined if it is unknown. 30 s is the
 * operator's default.
 */
export function findScrapeMs(apps: readonly PlannedApp[]): number | undefined {
  const app = findPrometheus(apps);
  if (app === undefined) return undefined;
  if (getChartName(app.chart) === "prometheus") return parseDuration(findScrapeInterval(app.values));
  const interval = getValueAt(app.values, ["prometheus", "prometheusSpec", "scrapeInterval"]) || "30s";
  return parseDuration(String(interval));
}
