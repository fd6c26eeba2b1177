import { isMapping } from "../config/mapping.ts";

type Mapping = Readonly<Record<string, unknown>>;

/** Says in a line what a file is that was named as a rule file and belongs to something else; undefined for any other file. */
export function describeForeignFile(data: unknown): string | undefined {
  if (!isMapping(data)) return undefined;
  const kind = typeof data["kind"] === "string" ? data["kind"] : undefined;
  if (kind !== undefined && typeof data["apiVersion"] === "string" && kind !== "PrometheusRule")
    return `this is a ${kind} of ${data["apiVersion"]}: expected a rule file with groups, or a PrometheusRule`;
  if (Array.isArray(data["tests"]) || Array.isArray(data["rule_files"]))
    return "scrape_configs" in data
      ? "this is a configuration of Prometheus: name the rule files that it lists, one by one"
      : "this is a promtool test file: name it in alerting.rule-tests";
  if ("scrape_configs" in data)
    return "this is a configuration of Prometheus: expected a rule file with groups";
  if ("route" in data && "receivers" in data)
    return "this is a configuration of Alertmanager: name it in alerting.config";
  if (isGrafanas(data))
    return "this is a Grafana alerting file: Grafana evaluates it, so put it into the Grafana chart's value alerting";
  if (isLokis(data))
    return "this is a Loki rule file: its expressions are LogQL, which Loki's ruler evaluates and Prometheus does not";
  return undefined;
}

function isGrafanas(data: Mapping): boolean {
  const others = ["contactPoints", "policies", "muteTimes", "deleteRules"];
  if (others.some((key) => Array.isArray(data[key]))) return true;
  return rulesIn(data).some(
    (rule) => !("expr" in rule) && (Array.isArray(rule["data"]) || "condition" in rule),
  );
}

/** A stream selector with what only LogQL puts behind it, or a function that only LogQL has. */
const logQl =
  /\}\s*(?:\|[=~>]|!>|!=\s*["`]|!~\s*["`]|\|\s*(?:json|logfmt|pattern|regexp|unpack|unwrap|line_format|label_format|decolorize|drop|keep)\b)|\b(?:bytes_rate|bytes_over_time)\s*\(/;

function isLokis(data: Mapping): boolean {
  return rulesIn(data).some(({ expr }) => typeof expr === "string" && logQl.test(withoutComments(expr)));
}

function withoutComments(expr: string): string {
  return expr.replace(/^[ \t]*#.*$/gm, "");
}

function rulesIn({ groups }: Mapping): Mapping[] {
  if (!Array.isArray(groups)) return [];
  return groups
    .flatMap((group: unknown): unknown[] =>
      isMapping(group) && Array.isArray(group["rules"]) ? group["rules"] : [],
    )
    .filter(isMapping);
}
