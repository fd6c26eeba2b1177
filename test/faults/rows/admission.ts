import type { Fault } from "../fault.ts";

const extra = (manifest: string) =>
  `apps:\n  prometheus:\n    values:\n      extraManifests:\n        - |\n${manifest.replaceAll(/^/gm, "          ")}\n`;

export const admission: readonly Fault[] = [
  {
    what: "a quota that allows no pod",
    config: extra(`apiVersion: v1
kind: ResourceQuota
metadata: {name: small, namespace: monitoring}
spec: {hard: {pods: "0"}}`),
    exitCode: 3,
    cause: "quota",
    says: /exceeded quota: small/,
    from: "deploy",
  },
  {
    what: "a limit range that the pods don't keep to",
    config: extra(`apiVersion: v1
kind: LimitRange
metadata: {name: tiny, namespace: monitoring}
spec: {limits: [{type: Container, min: {memory: 900Gi}}]}`),
    exitCode: 3,
    cause: "limit-range",
    says: /memory/,
    from: "deploy",
  },
  {
    what: "a kind that the cluster doesn't know",
    config: extra(`apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: my-app, namespace: monitoring}
spec: {secretName: my-app, issuerRef: {name: ours}}`),
    exitCode: 3,
    cause: "crd-missing",
    says: /Certificate/,
    from: "deploy",
    ci: "e2e",
  },
  {
    what: "a monitor for an operator that isn't part of the stack",
    config: extra(`apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: my-app, namespace: monitoring}
spec: {selector: {matchLabels: {app: my-app}}, endpoints: [{port: metrics}]}`),
    exitCode: 2,
    cause: "run-failed",
    says: /ServiceMonitor monitoring\/my-app[\s\S]*extraScrapeConfigs/,
    from: "none",
  },
  {
    what: "values that the chart's schema refuses",
    config: "apps:\n  prometheus:\n    values:\n      server: {replicaCount: many}\n",
    exitCode: 2,
    cause: "helm-values",
    says: /replicaCount/,
    at: "monstack.yaml:4",
    from: "none",
  },
];
