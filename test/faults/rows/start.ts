import { type Fault, silentServer } from "../fault.ts";

export const start: readonly Fault[] = [
  {
    what: "another program on k3s' port",
    beside: silentServer(6443),
    exitCode: 3,
    cause: "port-in-use",
    says: /6443/,
    from: "none",
    ci: "smoke",
  },
  {
    what: "a flag that k3s doesn't know",
    config: "k3s:\n  args: [--no-such-flag]\n",
    exitCode: 3,
    cause: "k3s-flag",
    says: /no-such-flag/,
    at: "monstack.yaml:2",
    from: "start cluster",
    visibleAfter: 3,
  },
  {
    what: "a flag that the kubelet doesn't know",
    config: "k3s:\n  args: [--kubelet-arg=no-such-flag=1]\n",
    exitCode: 3,
    cause: "k3s-flag",
    says: /no-such-flag/,
    from: "start cluster",
    visibleAfter: 6,
  },
  {
    what: "a Prometheus port that is taken",
    beside: silentServer(9090),
    exitCode: 2,
    cause: "port-in-use",
    says: /9090/,
    from: "none",
  },
];
