import { isMapping, type Values, valueAt } from "../lib/values.ts";

/** Whether the Prometheus chart's `rule_files` takes in one of its rule files. */
export function isRuleFileRead(values: Values, file: string): boolean {
  const read = valueAt(values, ["serverFiles", "prometheus.yml", "rule_files"]);
  return !Array.isArray(read) || read.some((one) => String(one).endsWith(`/${file}`));
}

export function hasGroups(content: unknown): content is Values & { groups: unknown[] } {
  return isMapping(content) && Array.isArray(content.groups);
}
