import { isMapping } from "../lib/object.ts";
import { withoutTexts } from "../promql/promql.ts";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Returns a line that describes a file of another program that was configured as a rule file; undefined for any other
 * file.
 */
export function describeForeignFile(data: unknown): string | undefined {
  if (Array.isArray(data) || typeof data === "string")
    return `this is a ${typeof data === "string" ? "text" : "list"}: expected a mapping with groups, each with a name and rules`;
  if (!isMapping(data)) return undefined;
  const kind = typeof data["kind"] === "string" ? data["kind"] : undefined;
  if (kind !== undefined && typeof data["apiVersion"] === "string" && kind !== "PrometheusRule")
    return `this is ${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind} of ${data["apiVersion"]}: expected a rule file with groups, or a PrometheusRule`;
  if (Array.isArray(data["tests"]) || Array.isArray(data["rule_files"]))
    return "scrape_configs" in data
      ? "this is a configuration of Prometheus: name the rule files that it lists, one by one"
      : "this is a promtool test file: name it in alerting.rule-tests";
  if ("scrape_configs" in data || (isMapping(data["global"]) && !("groups" in data) && !("route" in data)))
    return "this is a configuration of Prometheus: expected a rule file with groups";
  if ("route" in data && "receivers" in data)
    return "this is a configuration of Alertmanager: name it in alerting.config";
  if (isGrafanaAlerting(data))
    return "this is a Grafana alerting file: Grafana evaluates it, so put it into the Grafana chart's value alerting";
  if (listRules(data).some(({ expr }) => typeof expr === "string" && isLogQl(expr)))
    return "this is a Loki rule file: its expressions are LogQL, which Loki's ruler evaluates and Prometheus does not";
  return undefined;
}

/** Lists in a file of Grafana's folder provisioning/alerting, besides groups. */
const grafanaKeys = /^(contactPoints|policies|muteTimes|templates|(delete|reset)[A-Z][A-Za-z]*)$/;

/** True if the file has lists, or keys of groups and rules, that only Grafana's alerting files have. */
function isGrafanaAlerting(data: Mapping): boolean {
  if (Object.entries(data).some(([key, value]) => grafanaKeys.test(key) && Array.isArray(value))) return true;
  return (
    listGroups(data).some((group) => "orgId" in group || "folder" in group) ||
    listRules(data).some((rule) => !("expr" in rule) && (Array.isArray(rule["data"]) || "condition" in rule))
  );
}

/** A stream selector with a line filter or a pipe after it, which only LogQL has. */
const logQlPipeline = /(?<![\w:.])\{[^{}]*\}\s*(?:\|(?!\|)|!>|![=~]\s*")/;

const logQlFunctions = /\b(?:bytes_rate|bytes_over_time)\s*\(/;

function isLogQl(expr: string): boolean {
  const exprWithoutTexts = withoutTexts(expr);
  return logQlPipeline.test(exprWithoutTexts) || logQlFunctions.test(exprWithoutTexts);
}

function listGroups(data: Mapping): Mapping[] {
  const { groups } = isMapping(data["spec"]) ? data["spec"] : data;
  return Array.isArray(groups) ? groups.filter(isMapping) : [];
}

function listRules(data: Mapping): Mapping[] {
  return listGroups(data)
    .flatMap(({ rules }): unknown[] => (Array.isArray(rules) ? rules : []))
    .filter(isMapping);
}
