import { describe, expect, test } from "vitest";
import { inFolder } from "../in-folder.ts";

const from = { flags: { "app-dir": "app" } };

describe("an optional setting of an app directory that is there without a value", () => {
  test.each(['""', '" "', "null", ""])("is not set: %s", async (nothing) => {
    await using folder = await inFolder({
      "app/sbkube.yaml": `apiVersion: ${nothing}
settings:
  namespace: mon
  kubeconfig: ${nothing === '" "' ? '""' : nothing}
  timeout: ${nothing}
  cluster_values_file: ${nothing}
  global_values: ${nothing}
  helm_repos:
    own: {url: "https://charts.example.com", username: ${nothing || "null"}, password: ${nothing || "null"}}
  oci_registries:
    ghcr: {registry: ghcr.io/org, url: ${nothing || "null"}, username: ${nothing === '" "' ? '""' : nothing || "null"}}
apps:
  a:
    type: yaml
    manifests: [m.yaml]
    files: ${nothing}
    namespace: ${nothing}
    depends_on: ${nothing}
    labels: ${nothing}
    annotations: ${nothing}
  b:
    type: ${nothing === '" "' ? "helm" : nothing}
    chart: own/thing
    version: ${nothing}
    values: ${nothing}
    set_values: ${nothing}
    release_name: ${nothing}
    timeout: ${nothing}
    hooks: ${nothing}
    overrides: ${nothing}
`,
      "app/m.yaml": "kind: ConfigMap\n",
    });
    const { config, warnings } = await folder.load(from);
    expect(config.namespace).toBe("mon");
    expect(config.apps["a"]).toMatchObject({ namespace: undefined, dependsOn: [], labels: {} });
    expect(config.apps["b"]).toMatchObject({ release: "b", values: [], timeoutMs: undefined });
    expect(config.repos["own"]?.credentials).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  test("is not set as an empty list or mapping either", async () => {
    await using folder = await inFolder({
      "app/sbkube.yaml": `settings: {namespace: "", helm_repos: {}, oci_registries: {}, app_dirs: [], incompatible_charts: []}
apps:
  a: {type: yaml, manifests: [], files: [m.yaml], depends_on: [], labels: {}}
  b: {chart: ./c, values: [], set_values: [], overrides: [], removes: []}
`,
      "app/m.yaml": "kind: ConfigMap\n",
    });
    const { config, warnings } = await folder.load(from);
    expect(config.namespace).toBe("default");
    expect(config.apps["a"]?.source).toMatchObject({
      kind: "manifests",
      paths: [`${folder.cwd}/app/m.yaml`],
    });
    expect(warnings).toEqual([]);
  });

  test("stays a mistake where something must be", async () => {
    await using folder = await inFolder({
      "app/sbkube.yaml": 'apps:\n  a: {type: helm, chart: ""}\n  b: {type: yaml, manifests: []}\n',
    });
    const message = await folder.mistake(from);
    expect(message).toContain("app/sbkube.yaml:2:26: apps.a.chart");
    expect(message).toContain("app/sbkube.yaml:3:6: apps.b: its manifests are missing");
  });
});

describe("an app directory without apps", () => {
  test.each([
    ["apps: {}\n", "1:1"],
    ["settings: {namespace: mon}\napps:\n", "2:1"],
    ["settings: {namespace: mon}\n", "1:1"],
    ["settings: {namespace: mon}\napps:\n  marker: {type: noop}\n", "2:1"],
  ])("is named with its place: %j", async (text, place) => {
    await using folder = await inFolder({ "app/sbkube.yaml": text });
    expect(await folder.mistake(from)).toBe(
      `UserError: app/sbkube.yaml:${place}: apps: there are no apps to deploy; expected at least one of type helm, yaml or kustomize`,
    );
  });

  test("may get them from monstack.yaml", async () => {
    await using folder = await inFolder({
      "app/sbkube.yaml": "apps: {}\n",
      "monstack.yaml": "app-dir: app\napps: {mine: {chart: ./chart}}\n",
    });
    expect(Object.keys((await folder.load()).config.apps)).toEqual(["mine"]);
  });
});
