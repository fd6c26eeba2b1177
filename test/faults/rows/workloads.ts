import type { Fault } from "../fault.ts";

export const workloads: readonly Fault[] = [
  {
    what: "a program that ends again and again",
    config:
      "apps:\n  prometheus:\n    values:\n      server:\n        extraFlags: [web.enable-lifecycle, no-such-flag]\n",
    exitCode: 3,
    cause: "prometheus-flag",
    says: /no-such-flag/,
    at: "monstack.yaml:5",
    from: "deploy",
    visibleAfter: 8,
    ci: "e2e",
  },
  {
    what: "a limit that is less than what the program needs",
    config:
      "apps:\n  prometheus:\n    values:\n      server:\n        resources: {limits: {memory: 12Mi}, requests: {memory: 12Mi}}\n",
    exitCode: 3,
    cause: "oom-killed",
    says: /prometheus-server.*(OOMKilled|12Mi)/s,
    at: "monstack.yaml:5",
    from: "deploy",
    visibleAfter: 8,
  },
  {
    what: "a readiness probe that asks for the wrong path",
    config:
      "apps:\n  prometheus:\n    values:\n      alertmanager:\n        readinessProbe: {httpGet: {path: /no-such-page}}\n",
    exitCode: 3,
    cause: "probe-rejected",
    says: /statuscode: 404/,
    at: "monstack.yaml:5",
    from: "deploy",
    visibleAfter: 5,
  },
  {
    what: "a container that lacks its environment",
    config: "apps:\n  grafana:\n    values:\n      envFromSecret: no-such-secret\n",
    exitCode: 3,
    cause: "config-missing",
    says: /secret "no-such-secret" not found/,
    at: "monstack.yaml:4",
    from: "deploy",
    visibleAfter: 5,
  },
  {
    what: "a command that the image doesn't have",
    config: `apps:
  grafana:
    values:
      extraInitContainers:
        - {name: prepare, image: "docker.io/library/busybox:1.38.0", command: [/no/such/program]}
`,
    exitCode: 3,
    cause: "no-executable",
    says: /prepare.*no such file or directory/s,
    at: "monstack.yaml:5",
    from: "deploy",
    visibleAfter: 5,
  },
  {
    what: "an init container that fails",
    config: `apps:
  grafana:
    values:
      extraInitContainers:
        - {name: prepare, image: "docker.io/library/busybox:1.38.0", command: [sh, -c, "echo the database is not there >&2; exit 3"]}
`,
    exitCode: 3,
    cause: "crash",
    says: /prepare.*the database is not there/s,
    from: "deploy",
    visibleAfter: 12,
  },
];
