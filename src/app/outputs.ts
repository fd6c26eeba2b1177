import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import { archiveName } from "./back-up.ts";
import type { StackRecord } from "./session/stack-file.ts";

/** The outputs for later steps, by their names in action.yml. An output without a value is empty. */
type Outputs = Readonly<Record<(typeof outputNames)[number], string>>;

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

/** Returns the outputs of a job from its configuration and, if it is up, its stack. */
export function createOutputs(config: Config, stack: StackRecord | undefined, isVerified: boolean): Outputs {
  const findVersion = (name: string) => stack?.tools.find((tool) => tool.name === name)?.version ?? "";
  return {
    verified: String(isVerified),
    "prometheus-url": stack?.services.prometheus?.url ?? "",
    "grafana-url": stack?.services.grafana?.url ?? "",
    "alertmanager-url": stack?.services.alertmanager?.url ?? "",
    "grafana-user": stack?.services.grafana ? stack.grafana.user : "",
    "grafana-password": stack?.services.grafana ? stack.grafana.password : "",
    kubeconfig: stack?.kubeconfig ?? "",
    namespace: config.namespace,
    "k3s-version": findVersion("k3s"),
    "helm-version": findVersion("helm"),
    "kubectl-version": findVersion("kubectl"),
    results: join(config.reportDir, "results.json"),
    "report-dir": config.reportDir,
    // In mode up the backup is written when the job ends; this is its future path.
    backup: config.keep.metrics ? join(config.reportDir, archiveName) : "",
  };
}
