import { listOf, oneOf, path, splitList } from "../../yaml/parsers.ts";
import { allowed, belowWorkspace, same } from "./setting.ts";

/** Which of the two flavours of the stack is deployed, and what only the operator's knows. */
export const operatorSettings = {
  stack: same(
    oneOf("a flavour of the stack", ["plain", "operator"]),
    ["stack"],
    allowed,
    "plain|operator",
    "plain",
    "The apps without a configuration: plain is the charts prometheus and grafana, operator the chart kube-prometheus-stack",
  ),
  monitors: {
    ...same(
      listOf(path, "a list of paths"),
      ["monitors"],
      belowWorkspace,
      "PATHS",
      "",
      "Files of ServiceMonitors, PodMonitors, PrometheusRules and ScrapeConfigs; they need the operator; separated by commas",
    ),
    fromText: splitList(path, /[,\n]/),
  },
};
