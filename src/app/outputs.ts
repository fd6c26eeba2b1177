import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import { archiveName } from "./back-up.ts";
import type { StackRecord } from "./session/stack-file.ts";

/** Returns the outputs for later steps, by their names in action.yml. Empty if there is no value. */
export type Outputs = Readonly<Record<(typeof outputNames)[number], string>>;

export const outputNames = [
  "verified",
  "prometheus-url",
  "grafana-url",
  "alertmanager-url",
  "grafana-user",
  "grafana-password",
  "kubeconfig",
  "namespace",
  "k3s-version",
  "helm-version",
  "kubectl-version",
  "results",
  "report-dir",
  "backup",
] as const;

export function createOutputs(config: Config, stack: StackRecord | undefined, verified: boolean): Outputs {
  const version = (name: string) => stack?.tools.find((tool) => tool.name === name)?.version ?? "";
  return {
    verified: String(verified),
    "prometheus-url": stack?.services.prometheus?.url ?? "",
    "grafana-url": stack?.services.grafana?.url ?? "",
    "alertmanager-url": stack?.services.alertmanager?.url ?? "",
    "grafana-user": stack?.services.grafana ? stack.grafana.user : "",
    "grafana-password": stack?.services.grafana ? stack.grafana.password : "",
    kubeconfig: stack?.kubeconfig ?? "",
    namespace: config.namespace,
    "k3s-version": version("k3s"),
    "helm-version": version("helm"),
    "kubectl-version": version("kubectl"),
    results: join(config.reportDir, "results.json"),
    "report-dir": config.reportDir,
    // In mode up it is made when the job ends: where it is going to be.
    backup: config.keep.metrics ? join(config.reportDir, archiveName) : "",
  };
}
