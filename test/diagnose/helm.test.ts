import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { Evidence } from "../../src/diagnose/evidence.ts";
import { findCauses } from "../../src/diagnose/rule.ts";
import { helmRules, releasePending } from "../../src/diagnose/rules/helm.ts";
import { helmFailures } from "../../src/failures/helm.ts";
import { evidence, inCluster, one } from "./rules/evidence.ts";

function failed(words: string): Partial<Evidence> {
  const message = `installing app prometheus (chart prometheus 29.27.0): ${words}`;
  return { failure: { message, fix: "Read helm's message.", workloads: [] } };
}

/** Words of helm 3.19 and 4.0. */
const rows: readonly (readonly [cause: string, words: string, what: RegExp, key?: string])[] = [
  [
    "crd-missing",
    'unable to build kubernetes objects from release manifest: resource mapping not found for name: "my-app" namespace: "monitoring" from "": no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"\nensure CRDs are installed first',
    /doesn't know the kind ServiceMonitor \(monitoring\.coreos\.com\/v1\)/,
    "serviceMonitor",
  ],
  [
    "helm-values",
    "values don't meet the specifications of the schema(s) in the following chart(s):\nprometheus:\n- at '/server/replicaCount': got string, want integer",
    /don't fit its schema/,
    "server.replicaCount",
  ],
  [
    "helm-values",
    "values don't meet the specifications of the schema(s) in the following chart(s):\nprometheus:\n- server.replicaCount: Invalid type. Expected: integer, given: string",
    /don't fit its schema/,
    "server.replicaCount",
  ],
  [
    "helm-values",
    'monstack.yaml:4:30: server.replicaCount: "many" is not a whole number (values.schema.json of the chart prometheus)',
    /don't fit its schema/,
    "server.replicaCount",
  ],
  [
    "helm-kube-version",
    "chart requires kubeVersion: >=1.40.0-0 which is incompatible with Kubernetes v1.36.3+k3s1",
    /wants Kubernetes >=1\.40\.0-0, and the cluster has v1\.36\.3\+k3s1/,
  ],
  [
    "helm-dependency",
    "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: alertmanager, prometheus-node-exporter",
    /lacks the charts that it depends on: alertmanager, prometheus-node-exporter/,
  ],
  [
    "helm-pending",
    "UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
    /its release is stuck/,
  ],
  [
    "helm-ownership",
    'Unable to continue with install: ServiceAccount "prometheus-server" in namespace "monitoring" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"',
    /ServiceAccount "prometheus-server" in namespace "monitoring" is there already/,
  ],
  [
    "helm-immutable",
    'UPGRADE FAILED: cannot patch "prometheus-server" with kind Deployment: Deployment.apps "prometheus-server" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    /changes a field of Deployment prometheus-server/,
  ],
  [
    "helm-immutable",
    "UPGRADE FAILED: cannot patch \"prometheus-alertmanager\" with kind StatefulSet: StatefulSet.apps \"prometheus-alertmanager\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template' are forbidden",
    /changes a field of StatefulSet prometheus-alertmanager/,
  ],
  [
    "helm-conflict",
    'UPGRADE FAILED: conflict occurred while applying object monitoring/prometheus-server apps/v1, Kind=Deployment: Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
    /"kubectl-edit" changed fields/,
  ],
  [
    "object-invalid",
    'failed to create resource: Service "prometheus-server" is invalid: spec.ports[0].nodePort: Invalid value: 99: provided port is not in the valid range. The range of valid ports is 30000-32767',
    /refuses Service prometheus-server: spec\.ports\[0\]\.nodePort: Invalid value: 99/,
  ],
  [
    "helm-hook",
    "failed pre-install: 1 error occurred:\n\t* job admission-create failed: BackoffLimitExceeded",
    /a hook of its chart/,
  ],
  [
    "helm-template",
    "execution error at (grafana/templates/deployment.yaml:36:28): Sensitive key 'database.password' should not be defined explicitly",
    /refuses the values \(grafana\/templates\/deployment\.yaml:36:28\): Sensitive key/,
  ],
  [
    "helm-template",
    'template: prometheus/templates/deploy.yaml:9:11: executing "prometheus/templates/deploy.yaml" at <.Values.server.x.y>: nil pointer evaluating interface {}.y',
    /expects a value that is not there/,
  ],
  [
    "helm-template",
    "YAML parse error on prometheus/templates/extra-manifests.yaml: error converting YAML to JSON: yaml: line 3: mapping values are not allowed in this context",
    /the output is not YAML: prometheus\/templates\/extra-manifests\.yaml/,
  ],
  [
    "own-rights",
    'roles.rbac.authorization.k8s.io is forbidden: User "ci" cannot create resource "clusterroles" in API group "rbac.authorization.k8s.io" at the cluster scope',
    /the kubeconfig's user ci may not create clusterroles/,
  ],
  [
    "quota",
    'persistentvolumeclaims "prometheus-server" is forbidden: exceeded quota: small, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=0, limited: persistentvolumeclaims=0',
    /exceeded quota: small/,
  ],
];

describe("what helm says", () => {
  it.each(rows.map(([cause, words, what, key]) => ({ cause, words, what, key })))(
    "$cause: $words",
    ({ cause, words, what, key }) => {
      const [first, ...others] = diagnose(evidence(failed(words)));
      expect(first).toMatchObject({
        id: cause,
        what: expect.stringMatching(/^App prometheus: /),
        sureness: "certain",
      });
      expect(first?.what).toMatch(what);
      expect(first?.how.join("\n")).toContain(words.split("\n")[0]?.slice(0, 100));
      if (key !== undefined)
        expect(first?.blame).toMatchObject({ app: "prometheus", keys: expect.arrayContaining([key]) });
      expect(others).toEqual([]);
    },
  );

  it("is the run's own failure where nothing is known of it", () => {
    const [first] = diagnose(evidence(failed("something quite new")));
    expect(first).toMatchObject({
      id: "run-failed",
      what: "installing app prometheus (chart prometheus 29.27.0): something quite new",
      fix: "Read helm's message.",
    });
  });

  it("has a row for each that is known", () => {
    const told = [...rows.map(([cause]) => cause), "release-foreign"];
    expect(helmFailures.filter(({ id }) => !told.includes(id)).map(({ id }) => id)).toEqual([]);
    expect(helmRules).toHaveLength(helmFailures.length);
  });
});

describe("releases", () => {
  it("somebody else's of the same name", () => {
    const message =
      "release prometheus is in namespace monitoring already (prometheus-29.27.0, deployed, since 2026-11-01T12:00:00Z), and it is not this run's\nIt was left as it is: an upgrade would change it, and the teardown uninstall it.";
    const [first] = diagnose(evidence({ failure: { message, workloads: [] } }));
    expect(first).toMatchObject({ id: "release-foreign", blame: { values: ["prometheus", "monitoring"] } });
    expect(first?.what).toMatch(/^Release monitoring\/prometheus is in the cluster already \(prometheus-29/);
  });

  const releases = [{ name: "prometheus", namespace: "monitoring", revision: 1, status: "pending-install" }];

  it("one that was left pending", () => {
    const found = one(releasePending, inCluster({ releases }, failed("timed out waiting for the condition")));
    expect(found.what).toMatch(/^Release monitoring\/prometheus is pending-install since revision 1/);
    expect(found.fix).toBe("helm -n monitoring uninstall prometheus, and run again.");
  });

  it("near miss: another one, one that is deployed, and a run that did not fail at helm", () => {
    const other = [
      { ...releases[0], name: "prom", revision: 1, namespace: "monitoring", status: "pending-install" },
    ];
    expect(findCauses(releasePending, inCluster({ releases: other }, failed("timed out")))).toEqual([]);
    const deployed = [
      { ...other[0], name: "prometheus", revision: 1, namespace: "monitoring", status: "deployed" },
    ];
    expect(findCauses(releasePending, inCluster({ releases: deployed }, failed("timed out")))).toEqual([]);
    expect(findCauses(releasePending, inCluster({ releases }))).toEqual([]);
    const failure = { workload: "Deployment monitoring/x", reason: "Timeout", message: "no", fix: "" };
    const waiting = { failure: { message: "release prometheus", workloads: [failure] } };
    expect(findCauses(releasePending, inCluster({ releases }, waiting))).toEqual([]);
  });
});
