import { expect, it } from "vitest";
import { diagnose } from "../../../src/diagnose/diagnose.ts";
import type { Evidence } from "../../../src/diagnose/evidence.ts";
import {
  evidence,
  failing,
  grafanaWith,
  inCluster,
  logOf,
  pod,
  prometheusWith,
  recorded,
  recordedTargets,
} from "./evidence.ts";

/** A deployment that ended because a container crashes, with the log that says why. */
function crashing(app: string, container: string, text: string): Evidence {
  const name = `${container}-1`;
  const message = `exit code 1, restarted 2 times; last log line: ${text.trim().split("\n").at(-1)}`;
  const workload = {
    workload: `Deployment monitoring/${container}`,
    pod: name,
    container,
    rule: "crash",
    reason: "CrashLoopBackOff",
    message,
    fix: "",
  };
  return inCluster(
    { pods: [pod("monitoring", name, false)], logs: [logOf(app, text, { previous: true })] },
    { failure: { message: "not ready", workloads: [workload] } },
  );
}

const service = { namespace: "monitoring", name: "prometheus-server", port: 80 };
const wrongUrl = {
  name: "P",
  type: "prometheus",
  url: "http://prometheus.monitoring.svc.cluster.local",
  uid: "p",
  isDefault: true,
};

/** The row's first cause is what a reader sees first. */
const rows: readonly (readonly [what: string, Evidence, cause: string])[] = [
  [
    "Prometheus crashes on its configuration",
    crashing("prometheus", "prometheus-server", recorded("prometheus-3.5", "no duration")),
    "prometheus-config-invalid",
  ],
  [
    "Prometheus crashes on a flag",
    crashing("prometheus", "prometheus-server", recorded("prometheus-3.5", "unknown flag, misspelt")),
    "prometheus-flag",
  ],
  [
    "Alertmanager crashes on its configuration",
    crashing("alertmanager", "alertmanager", recorded("alertmanager-0.33", "undefined receiver")),
    "alertmanager-config-invalid",
  ],
  [
    "Grafana crashes on two defaults",
    crashing("grafana", "grafana", recorded("grafana-words", "two defaults, 13")),
    "datasource-two-defaults",
  ],
  [
    "Grafana crashes on a plugin",
    crashing("grafana", "grafana", recorded("grafana-words", "plugin, at the start")),
    "grafana-plugin-download",
  ],
  [
    "Prometheus crashes on another's lock",
    crashing("prometheus", "prometheus-server", recorded("prometheus-3.5", "locked")),
    "prometheus-storage-locked",
  ],
  [
    "a name in a target, with a DNS that is well",
    inCluster(
      {
        pods: [
          pod("kube-system", "coredns-1", true, {
            metadata: { namespace: "kube-system", name: "coredns-1" },
          }),
        ],
      },
      {
        prometheus: prometheusWith({ targets: recordedTargets("dns") }),
        checks: [failing("targets-up", { fault: "target-dns" })],
      },
    ),
    "target-dns",
  ],
  [
    "a name in a target, without DNS",
    inCluster(
      { services: [{ metadata: { namespace: "kube-system", name: "kube-dns" } }] },
      {
        prometheus: prometheusWith({ targets: recordedTargets("dns") }),
        checks: [failing("targets-up", { fault: "target-dns" })],
      },
    ),
    "dns-down",
  ],
  [
    "a datasource that leads nowhere",
    evidence({
      grafana: grafanaWith({ datasources: [wrongUrl], proxy: { status: 502, body: "no such host" } }),
      requested: { datasources: [wrongUrl], prometheusService: service, retention: {}, unknownValues: [] },
      checks: [
        failing("grafana-datasource", { fault: "datasource-wrong-url" }),
        failing("grafana-query", { fault: "datasource-unreachable" }),
      ],
    }),
    "datasource-wrong-url",
  ],
  [
    "a dead value key beside a target that is refused",
    evidence({
      prometheus: prometheusWith({ targets: recordedTargets("refused") }),
      requested: {
        datasources: [],
        prometheusService: service,
        retention: {},
        unknownValues: [{ app: "grafana", path: ["foo"], meant: undefined }],
      },
      checks: [
        failing("targets-up", { fault: "target-refused" }),
        failing("values-known", { status: "warn", severity: "warning" }),
      ],
    }),
    "target-refused",
  ],
];

it.each(rows)("%s", (_, from, cause) => {
  expect(diagnose(from).map(({ id }) => id)[0]).toBe(cause);
});

it("nothing of a crash is left beside what explains it", () => {
  const causes = diagnose(
    crashing("prometheus", "prometheus-server", recorded("prometheus-3.5", "unknown key")),
  );
  expect(causes.map(({ id }) => id)).toEqual(["prometheus-config-invalid"]);
});
