import type { Fault } from "../fault.ts";

const server = (values: string) => `apps:\n  prometheus:\n    values:\n      server:\n        ${values}\n`;

export const scheduling: readonly Fault[] = [
  {
    what: "more CPU than the node has",
    config: server("resources: {requests: {cpu: 64}}"),
    exitCode: 3,
    cause: "unschedulable-cpu",
    says: /Insufficient cpu/,
    at: "monstack.yaml:5",
    from: "deploy",
    ci: "e2e",
  },
  {
    what: "more memory than the node has",
    config: server("resources: {requests: {memory: 900Gi}}"),
    exitCode: 3,
    cause: "unschedulable-memory",
    says: /Insufficient memory/,
    at: "monstack.yaml:5",
    from: "deploy",
  },
  {
    what: "a node selector that fits no node",
    config: server("nodeSelector: {disk: nvme}"),
    exitCode: 3,
    cause: "unschedulable-selector",
    says: /affinity\/selector/,
    at: "monstack.yaml:5",
    from: "deploy",
  },
  {
    what: "a taint that nothing tolerates",
    config: 'k3s: {args: ["--node-taint=team=other:NoSchedule"]}\n',
    exitCode: 3,
    cause: "unschedulable-taint",
    says: /team|taint/,
    from: "deploy",
  },
];
