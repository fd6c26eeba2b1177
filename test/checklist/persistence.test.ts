import { describe, expect, it } from "vitest";
import { judgePersistence } from "../../src/checklist/persistence.ts";
import { against, claim, inFavour, pod, serverLabels } from "./evidence.ts";

const alertmanager = { "app.kubernetes.io/name": "alertmanager" };
const grafana = { "app.kubernetes.io/name": "grafana" };
const all = ["Prometheus", "Alertmanager", "Grafana"] as const;

/** The three, each with its data on a volume unless told otherwise. */
function pods(changes: { server?: string | undefined; mount?: string; env?: string } = {}) {
  const { server = "prometheus-server", mount = "/data", env } = changes;
  return [
    pod("prometheus-server-0", serverLabels, {
      container: {
        args: ["--config.file=/etc/config/prometheus.yml", "--storage.tsdb.path=/data"],
        volumeMounts: [
          { name: "config", mountPath: "/" },
          { name: "storage", mountPath: mount },
        ],
      },
      ...("server" in changes && changes.server === undefined ? {} : { claim: server }),
    }),
    pod("prometheus-alertmanager-0", alertmanager, {
      container: {
        args: ["--storage.path", "/alertmanager/"],
        volumeMounts: [{ name: "storage", mountPath: "/alertmanager" }],
      },
      claim: "storage-prometheus-alertmanager-0",
    }),
    pod("grafana-0", grafana, {
      container: {
        ...(env === undefined ? {} : { env: [{ name: "GF_PATHS_DATA", value: env }] }),
        volumeMounts: [{ name: "storage", mountPath: "/var/lib/grafana" }],
      },
      claim: "grafana",
    }),
  ];
}

const claims = [claim("prometheus-server"), claim("storage-prometheus-alertmanager-0"), claim("grafana")];

describe("persistence", () => {
  it("is met when each keeps its data on a bound claim", () => {
    const judged = judgePersistence({ pods: pods(), claims, deployed: all });
    expect(against(judged)).toEqual([]);
    expect(inFavour(judged)).toEqual([
      "Prometheus keeps /data on PVC monitoring/prometheus-server: Bound, 8Gi of class local-path",
      "Alertmanager keeps /alertmanager on PVC monitoring/storage-prometheus-alertmanager-0: Bound, 8Gi of class local-path",
      "Grafana keeps /var/lib/grafana on PVC monitoring/grafana: Bound, 8Gi of class local-path",
    ]);
  });

  it("says which of several servers it means", () => {
    const source = pod("source-0", serverLabels, {
      container: {
        args: ["--storage.tsdb.path=/data"],
        volumeMounts: [{ name: "storage", mountPath: "/data" }],
      },
    });
    const judged = judgePersistence({ pods: [...pods(), source], claims, deployed: all });
    expect(against(judged)).toEqual([
      "Prometheus (pod monitoring/source-0) keeps /data in the volume storage, which is not a PVC: it is gone with the pod",
    ]);
    expect(inFavour(judged)[0]).toMatch(
      /^Prometheus \(pod monitoring\/prometheus-server-0\) keeps \/data on PVC/,
    );
  });

  it.each([
    [
      { server: undefined },
      "Prometheus keeps /data in the volume storage, which is not a PVC: it is gone with the pod",
    ],
    [
      { mount: "/other" },
      "Prometheus keeps /data in the volume config, which is not a PVC: it is gone with the pod",
    ],
    [
      { mount: "/dat" },
      "Prometheus keeps /data in the volume config, which is not a PVC: it is gone with the pod",
    ],
    [{ env: "/elsewhere" }, "Grafana keeps /elsewhere in the container itself: it is gone with the pod"],
  ])("%j", (changes, said) => {
    expect(against(judgePersistence({ pods: pods(changes), claims, deployed: all }))).toEqual([said]);
  });

  it("is not met by a claim that isn't bound, a pod that isn't there, a Grafana that isn't deployed", () => {
    const pending = [claim("prometheus-server", "Pending"), ...claims.slice(1)];
    expect(against(judgePersistence({ pods: pods(), claims: pending, deployed: all }))).toEqual([
      "Prometheus keeps /data on PVC monitoring/prometheus-server, which is Pending",
    ]);
    expect(against(judgePersistence({ pods: pods().slice(1), claims, deployed: all }))).toEqual([
      "no pod of Prometheus runs",
    ]);
    expect(against(judgePersistence({ pods: pods(), claims, deployed: ["Prometheus"] }))).toEqual([
      "Grafana is not part of this stack",
    ]);
  });
});
