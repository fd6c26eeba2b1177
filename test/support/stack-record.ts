import type { StackRecord } from "../../src/app/session/stack-file.ts";

/** The record of a stack without apps, which reads back as it was written. */
export const emptyStack: StackRecord = {
  version: 1,
  monstack: "0.1.0",
  deployedAt: "2026-11-02T09:12:01.000Z",
  clusterKind: "existing",
  clusterVersion: "v1.36.3",
  kubeconfig: "/home/ann/.kube/config",
  context: "dev",
  tools: [],
  plan: {
    config: {} as StackRecord["plan"]["config"],
    apps: [],
    askedValues: [],
    profileSettings: [],
    notices: [],
    dashboards: [],
    alerting: { kind: "as-is", reason: "nothing is sent" },
    secrets: [],
  },
  rendered: [],
  services: {} as StackRecord["services"],
  grafana: { user: "admin", password: "secret" },
};
