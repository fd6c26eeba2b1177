import { describe, expect, it } from "vitest";
import { defaultRepos } from "../../src/config/defaults.ts";
import { findHostAccess } from "../../src/deploy/host-access.ts";
import { findAmbiguousYaml, parseManifest } from "../../src/kube/manifest.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import { formatPath } from "../../src/yaml/mistakes.ts";

const community = {
  kind: "repo",
  repo: "prometheus-community",
  repoUrl: defaultRepos["prometheus-community"]?.url ?? "",
  name: "prometheus",
  version: "29.27.0",
} as const;

/** What is found in a manifest, as `Kind/name path: what`. */
function found(
  yaml: string,
  chart: RenderedApp["app"]["chart"] = community,
  hooks = "",
  tests = "",
): string[] {
  const app = {
    name: "x",
    release: "x",
    namespace: "monitoring",
    chart,
    values: {},
    dependsOn: [],
    timeoutMs: 1,
  };
  const rendered: RenderedApp = {
    app,
    chart: { path: "", name: "x", version: "1", appVersion: "", sha256: undefined, origin: "" },
    objects: parseManifest(yaml, "monitoring"),
    hooks: parseManifest(hooks, "monitoring"),
    tests: parseManifest(tests, "monitoring"),
    images: [],
  };
  return findHostAccess(rendered).map(
    ({ object, path, what }) => `${object.kind}/${object.metadata.name} ${formatPath(path)}: ${what}`,
  );
}

const pod = (spec: string, kind = "Pod") =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: p}\nspec: ${spec}\n`;

describe("a pod that reaches into the machine", () => {
  it.each([
    ["{volumes: [{name: a, hostPath: {path: /etc}}]}", "spec.volumes[0].hostPath: a hostPath (/etc)"],
    ["{hostPID: true}", "spec.hostPID: hostPID: true"],
    ["{hostPID: yes}", "spec.hostPID: hostPID: true"],
    ["{hostNetwork: on}", "spec.hostNetwork: hostNetwork: true"],
    [
      "{containers: [{ports: [{hostPort: 22}]}]}",
      "spec.containers[0].ports[0].hostPort: a port of the machine (22)",
    ],
    [
      "{volumes: [{name: a, gitRepo: {repository: x}}]}",
      "spec.volumes[0].gitRepo: a gitRepo volume, which the kubelet fetches as root",
    ],
    ["{securityContext: {sysctls: [{name: a, value: b}]}}", "spec.securityContext.sysctls: sysctls"],
    [
      "{securityContext: {seccompProfile: {type: Unconfined}}}",
      "spec.securityContext.seccompProfile: seccompProfile: Unconfined",
    ],
    ["{hostIPC: true}", "spec.hostIPC: hostIPC: true"],
    ["{hostNetwork: true}", "spec.hostNetwork: hostNetwork: true"],
    [
      "{containers: [{securityContext: {privileged: true}}]}",
      "spec.containers[0].securityContext.privileged: privileged: true",
    ],
    [
      "{initContainers: [{securityContext: {privileged: true}}]}",
      "spec.initContainers[0].securityContext.privileged: privileged: true",
    ],
    [
      "{ephemeralContainers: [{securityContext: {procMount: Unmasked}}]}",
      "spec.ephemeralContainers[0].securityContext.procMount: procMount: Unmasked",
    ],
    [
      "{containers: [{securityContext: {capabilities: {add: [CHOWN, CAP_SYS_ADMIN]}}}]}",
      "spec.containers[0].securityContext.capabilities: the capabilities CAP_SYS_ADMIN",
    ],
  ])("%s", (spec, what) => {
    expect(found(pod(spec))).toEqual([`Pod/p ${what}`]);
    // Of whatever object it is a part.
    const template = `{template: {spec: ${spec}}}`;
    expect(found(pod(template, "DaemonSet"))).toEqual([`DaemonSet/p spec.template.${what}`]);
    expect(found(pod(`{jobTemplate: {spec: ${template}}}`, "CronJob"))).toHaveLength(1);
    expect(found(pod(spec, "Prometheus"))).toHaveLength(1);
    expect(found("", community, pod(spec, "Job"))).toHaveLength(1);
  });

  it("in what says that it is only a test: helm obeys that nowhere but in templates", () => {
    const evil = pod("{hostPID: true}").replace("{name: p}", "{name: p, annotations: {helm.sh/hook: test}}");
    expect(found("", community, "", evil)).toHaveLength(1);
  });

  it("through rights on everything, however they are written, or through a folder that a StorageClass chooses", () => {
    const head = (kind: string) => `apiVersion: v1\nkind: ${kind}\nmetadata: {name: p}\n`;
    const rules = 'rules: [{apiGroups: ["*"], resources: ["*"], verbs: [get, create]}]';
    expect(found(`${head("ClusterRole")}${rules}\n`)).toHaveLength(1);
    expect(found(`${head("ClusterRole")}${rules.replace(", create", "")}\n`)).toEqual([]);
    expect(found(`${head("ClusterRole")}aggregationRule: {clusterRoleSelectors: [{}]}\n`)).toHaveLength(1);
    expect(found(`${head("StorageClass")}parameters: {pathPattern: ../../etc}\n`)).toHaveLength(1);
  });

  it.each([
    ["PersistentVolume", "{hostPath: {path: /}}", "spec.hostPath: a hostPath (/)"],
    ["PersistentVolume", "{local: {path: /root}}", "spec.local: a folder of the machine (/root)"],
  ])("through a %s %s", (kind, spec, what) => {
    expect(found(pod(spec, kind))).toEqual([`${kind}/p ${what}`]);
  });

  it("by rights to everything", () => {
    const binding =
      "kind: ClusterRoleBinding\napiVersion: v1\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: cluster-admin}\n";
    expect(found(binding)).toEqual(["ClusterRoleBinding/b roleRef: the role cluster-admin"]);
    const role = `kind: ClusterRole\napiVersion: v1\nmetadata: {name: r}\nrules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]\n`;
    expect(found(role)).toEqual(["ClusterRole/r rules: every right in the cluster"]);
  });
});

describe("nothing is found in", () => {
  it.each([
    [
      "what charts usually have",
      pod(
        "{containers: [{securityContext: {privileged: false, capabilities: {drop: [ALL], add: [CHOWN]}}}], hostNetwork: false}",
      ),
    ],
    [
      "a definition, whose schema has such names",
      pod(
        "{versions: [{schema: {hostPath: {type: object, path: {}}, privileged: true}}]}",
        "CustomResourceDefinition",
      ),
    ],
    [
      "rights to some things",
      `kind: ClusterRole\napiVersion: v1\nmetadata: {name: r}\nrules: [{apiGroups: [""], resources: ["*"], verbs: [get]}]\n`,
    ],
    ["a text", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\ndata: {x: 'hostPath: {path: /}'}\n"],
  ])("%s", (_, yaml) => {
    expect(found(yaml)).toEqual([]);
  });
});

describe("the charts' own node-exporter", () => {
  /** As the chart renders it. */
  const nodeExporter = ({
    image = "quay.io/prometheus/node-exporter:v1.9.1",
    container = "",
    more = "",
    path = "/",
    readOnly = true,
  } = {}) => `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-exporter}
spec:
  template:
    spec:
      hostNetwork: true
      hostPID: true
      containers:
        - name: node-exporter
          image: ${image}
          ${container}
          volumeMounts:
            - {name: proc, mountPath: /host/proc, readOnly: true}
            - {name: root, mountPath: /host/root, readOnly: ${readOnly}}
        ${more}
      volumes:
        - {name: proc, hostPath: {path: /proc}}
        - {name: root, hostPath: {path: ${path}}}
`;

  it("may read the machine", () => {
    expect(found(nodeExporter())).toEqual([]);
    expect(
      found(nodeExporter({ image: `quay.io/prometheus/node-exporter@sha256:${"0".repeat(64)}` })),
    ).toEqual([]);
  });

  it.each([
    ["another image", { image: "docker.io/evil/node-exporter:v1.9.1" }],
    ["an image whose name begins alike", { image: "quay.io/prometheus/node-exporter-evil:v1" }],
    ["the same name at another registry", { image: "evil.example/prometheus/node-exporter:v1" }],
    ["another program of the image", { container: "command: [sh, -c, evil]" }],
    ["a command of its own life", { container: "lifecycle: {postStart: {exec: {command: [sh]}}}" }],
    ["a command as a probe", { container: "livenessProbe: {exec: {command: [sh]}}" }],
    ["a second container", { more: "- {name: evil, image: quay.io/prometheus/node-exporter:v1}" }],
    ["more of the machine", { path: "/var/run/secrets" }],
    ["a volume that it can write", { readOnly: false }],
    ["all rights", { container: "securityContext: {privileged: true}" }],
    ["more capabilities", { container: "securityContext: {capabilities: {add: [SYS_PTRACE]}}" }],
  ])("may not with %s", (_, change) => {
    expect(found(nodeExporter(change)).length).toBeGreaterThan(2);
  });

  it("may not in anybody else's chart", () => {
    expect(found(nodeExporter(), { kind: "path", path: "/x" })).toHaveLength(4);
    expect(found(nodeExporter(), { ...community, repoUrl: "https://evil.example" })).toHaveLength(4);
  });
});

describe("what helm reads in another way than this program", () => {
  it.each([
    ["spec: {privileged: false, <<: {privileged: true}}\n", "a merge key (line 1 of what the chart renders)"],
    ["a: 1\nroleRef: {name: !!binary Y2x1c3Rlci1hZG1pbg==}\n", /^the tag .*binary \(line 2 /],
    ["a: 1\n---\nb: &x {c: 1}\nd: {<<: *x}\n", "a merge key (line 4 of what the chart renders)"],
  ])("%j", (yaml, expected) => {
    if (typeof expected === "string") expect(findAmbiguousYaml(yaml)).toBe(expected);
    else expect(findAmbiguousYaml(yaml)).toMatch(expected);
  });

  it("is no expression or text", () => {
    expect(findAmbiguousYaml('expr: up != 1\ntext: "<<: {}"\nmore: |\n  !!binary <<\n')).toBeUndefined();
  });
});
