import { isMapping } from "../../lib/object.ts";
import { shown } from "../../yaml/mistakes.ts";
import { listOf, oneOf, type Parser, path, problem, splitList } from "../../yaml/parsers.ts";
import { refusedReferences } from "../trust/limits.ts";
import { allowed, belowWorkspace, refused, same } from "./setting.ts";

/** Alertmanager's configuration: a file, absolute, or written out in monstack.yaml. */
export type AlertmanagerConfig =
  | { readonly file: string }
  | { readonly inline: Readonly<Record<string, unknown>> };

const fromFile: Parser<AlertmanagerConfig> = (given, base) => {
  if (isMapping(given)) {
    const problems = base.limits ? refusedReferences(given, base.folder, base.limits) : [];
    return problems.length > 0 ? { problems } : { value: { inline: given } };
  }
  if (typeof given !== "string")
    return problem(`${shown(given)} is neither a path nor a mapping with receivers and route`);
  const parsed = path(given, base);
  return "problems" in parsed ? parsed : { value: { file: parsed.value } };
};

/** Alertmanager's receivers and Prometheus' rules. */
export const alertingSettings = {
  "alertmanager-config": same(
    fromFile,
    ["alerting", "config"],
    belowWorkspace,
    "PATH",
    "",
    `Alertmanager's configuration, with \${NAME} and \${file:PATH} in the place of secrets; receivers alone are enough`,
  ),
  rules: {
    ...same(
      listOf(path, "a list of paths"),
      ["rules"],
      belowWorkspace,
      "PATHS",
      "",
      "Files of Prometheus' alerting and recording rules, folders of them or patterns like rules/*.yaml; separated by commas",
    ),
    fromText: splitList(path, /[,\n]/),
  },
  "alert-receivers": same(
    oneOf("a way to treat the receivers", ["as-is", "capture"]),
    ["alerting", "receivers"],
    allowed,
    "as-is|capture",
    "capture in profile ci when the values name no receiver, else as-is",
    "capture: Alertmanager sends to a receiver of monstack's own instead, so that delivery is proven and nobody is paged",
  ),
  "amtool-path": same(
    path,
    ["alerting", "amtool"],
    refused("it names a program that runs on this machine"),
    "PATH",
    "",
    "Deprecated, without effect: Alertmanager's own code judges its configuration",
  ),
  "rule-tests": {
    ...same(
      listOf(path, "a list of paths"),
      ["alerting", "rule-tests"],
      belowWorkspace,
      "PATHS",
      "",
      "Unit tests of rules in promtool's format, run with promtool before anything is deployed; separated by commas",
    ),
    fromText: splitList(path, /[,\n]/),
  },
  "promtool-path": same(
    path,
    ["alerting", "promtool"],
    refused("it names a program that runs on this machine"),
    "PATH",
    "the one in PATH, if there is one",
    "The promtool that runs the rules' unit tests",
  ),
};
