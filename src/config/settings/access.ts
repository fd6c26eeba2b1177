import { duration, oneOf, path, port, secret, text } from "../../yaml/parsers.ts";
import { allowed, notInFiles, refused, same } from "./setting.ts";

/** How the stack is reached, how long things may take, and where what is told goes. */
export const accessSettings = {
  "grafana-user": same(
    text("a user's name"),
    ["grafana", "user"],
    allowed,
    "NAME",
    "admin",
    "Grafana's administrator",
  ),
  "grafana-password": same(
    secret("a password"),
    ["grafana", "password"],
    allowed,
    "SECRET",
    "a new one for each run",
    "Grafana's administrator's password",
  ),
  "prometheus-port": same(
    port,
    ["ports", "prometheus"],
    allowed,
    "PORT",
    "9090",
    "Prometheus' port on localhost",
  ),
  "grafana-port": same(port, ["ports", "grafana"], allowed, "PORT", "3000", "Grafana's port on localhost"),
  "alertmanager-port": same(
    port,
    ["ports", "alertmanager"],
    allowed,
    "PORT",
    "9093",
    "Alertmanager's port on localhost",
  ),
  "busy-port": same(
    oneOf("a way to treat a busy port", ["fail", "other"]),
    ["ports", "when-busy"],
    allowed,
    "fail|other",
    "fail",
    "When one of these ports is taken: stop, or take another one and say which",
  ),
  "cluster-timeout": same(
    duration,
    ["timeouts", "cluster"],
    allowed,
    "TIME",
    "2m",
    "From k3s' start to its API answering",
  ),
  "deploy-timeout": same(
    duration,
    ["timeouts", "deploy"],
    allowed,
    "TIME",
    "5m",
    "From the first app's deployment to the last workload ready",
  ),
  "verify-timeout": same(
    duration,
    ["timeouts", "verify"],
    allowed,
    "TIME",
    "2m",
    "How long a check may take until it must pass",
  ),
  "report-dir": same(
    path,
    ["report-dir"],
    refused("it names a folder that is written"),
    "DIR",
    "./monstack-report",
    "Where results.json and the summary go",
  ),
  // Not in the file: whoever changes a repository would choose the journal that a teardown obeys.
  "state-dir": same(
    path,
    undefined,
    notInFiles,
    "DIR",
    "$XDG_STATE_HOME/monstack or ~/.local/state/monstack",
    "Where the journal, the kubeconfig and the logs go",
  ),
};
