import { duration, oneOf, path, port, secret, text } from "../parsers.ts";
import { same } from "./setting.ts";

/** How the stack is reached, how long things may take, and where what is told goes. */
export const accessSettings = {
  "grafana-user": same(
    text("a user's name"),
    ["grafana", "user"],
    "NAME",
    "admin",
    "Grafana's administrator",
  ),
  "grafana-password": same(
    secret("a password"),
    ["grafana", "password"],
    "SECRET",
    "a new one for each run",
    "Grafana's administrator's password",
  ),
  "prometheus-port": same(port, ["ports", "prometheus"], "PORT", "9090", "Prometheus' port on localhost"),
  "grafana-port": same(port, ["ports", "grafana"], "PORT", "3000", "Grafana's port on localhost"),
  "alertmanager-port": same(
    port,
    ["ports", "alertmanager"],
    "PORT",
    "9093",
    "Alertmanager's port on localhost",
  ),
  "busy-port": same(
    oneOf("a way to treat a busy port", ["fail", "other"]),
    ["ports", "when-busy"],
    "fail|other",
    "fail",
    "When one of these ports is taken: stop, or take another one and say which",
  ),
  "cluster-timeout": same(
    duration,
    ["timeouts", "cluster"],
    "TIME",
    "2m",
    "From k3s' start to its API answering",
  ),
  "deploy-timeout": same(
    duration,
    ["timeouts", "deploy"],
    "TIME",
    "5m",
    "From the first app's deployment to the last workload ready",
  ),
  "verify-timeout": same(
    duration,
    ["timeouts", "verify"],
    "TIME",
    "2m",
    "How long a check may take until it must pass",
  ),
  "report-dir": same(
    path,
    ["report-dir"],
    "DIR",
    "./monstack-report",
    "Where results.json and the summary go",
  ),
  // Not in the file: whoever changes a repository would choose the journal that a teardown obeys.
  "state-dir": same(
    path,
    undefined,
    "DIR",
    "$XDG_STATE_HOME/monstack or ~/.local/state/monstack",
    "Where the journal, the kubeconfig and the logs go",
  ),
};
