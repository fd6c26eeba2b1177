import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { locate } from "../../../src/config/locate.ts";
import { mergeUserValues } from "../../../src/plan/make-plan.ts";
import { inFolder } from "../in-folder.ts";

const whole = `apiVersion: sbkube/v1
metadata: {name: monitoring}
settings:
  namespace: observe
  kubeconfig: ~/.kube/config
  on_failure: rollback
  timeout: 600
  helm_repos:
    prometheus-community: https://prometheus-community.github.io/helm-charts
    private: {url: https://charts.example.com, username: ci, password: "\${CHARTS_PASSWORD}"}
  oci_registries:
    ghcr: {registry: ghcr.io/org/charts}
apps:
  prometheus:
    type: helm
    chart: prometheus-community/prometheus
    version: 25.3.1
    values: [prometheus-values.yaml, inner.yaml]
    set_values: {server.retention: 30d, "alertmanager.hosts[1]": b}
    timeout: 10m
    atomic: true
    wait: false
  grafana:
    type: helm
    chart: private/grafana
    release_name: dashboards
    namespace: web
    depends_on: [prometheus, marker]
    labels: {team: observability}
    atomic: false
  extra:
    type: yaml
    manifests: [app.yaml]
    annotations: {note: mine}
  overlay: {type: kustomize, path: ./kustomize, enabled: false}
  remote: {chart: ghcr/thing, version: "1.0.0", enabled: false}
  marker: {type: noop, notes: done by hand}
`;

const files = {
  "app/sbkube.yaml": whole,
  "app/prometheus-values.yaml": "server: {retention: 15d}\n",
  "app/values/inner.yaml": "a: 1\n",
  "app/app.yaml": "kind: ConfigMap\n",
  "app/kustomize/kustomization.yaml": "resources: []\n",
};
const from = (more: Record<string, string> = {}) => ({
  flags: { "app-dir": "app" },
  env: { CHARTS_PASSWORD: "s3cret", ...more },
});

describe("an app directory", () => {
  test("is the whole stack, in the terms of monstack.yaml", async () => {
    await using folder = await inFolder(files);
    const { config, warnings, valuesFiles } = await folder.load(from());
    expect(Object.keys(config.apps)).toEqual(["prometheus", "grafana", "extra", "overlay", "remote"]);
    expect(config).toMatchObject({
      namespace: "observe",
      cluster: { kind: "k3s" },
      timeouts: { deployMs: 600_000 },
    });
    expect(config.apps["prometheus"]).toEqual({
      source: { kind: "chart", chart: "prometheus-community/prometheus", version: "25.3.1" },
      enabled: true,
      namespace: undefined,
      release: "prometheus",
      values: [
        { file: `${folder.cwd}/app/prometheus-values.yaml` },
        { file: `${folder.cwd}/app/values/inner.yaml` },
        {
          set: [
            { path: ["server", "retention"], value: "30d" },
            { path: ["alertmanager", "hosts", 1], value: "b" },
          ],
        },
      ],
      labels: {},
      annotations: {},
      dependsOn: [],
      timeoutMs: 600_000,
    });
    expect(config.apps["grafana"]).toMatchObject({
      release: "dashboards",
      namespace: "web",
      // Not waited for until ready, as the folder says; and what is done by hand is not waited for at all.
      dependsOn: [{ app: "prometheus", until: "applied" }],
      labels: { team: "observability" },
    });
    expect(config.apps["extra"]).toMatchObject({
      source: { kind: "manifests", paths: [`${folder.cwd}/app/app.yaml`] },
      annotations: { note: "mine" },
    });
    expect(config.apps["overlay"]?.source).toEqual({
      kind: "kustomize",
      path: `${folder.cwd}/app/kustomize`,
    });
    expect(config.apps["remote"]?.source).toMatchObject({ chart: "oci://ghcr.io/org/charts/thing" });
    expect(config.repos["private"]?.credentials).toEqual({ username: "ci", password: "s3cret" });
    expect(Object.keys(valuesFiles)).toHaveLength(2);
    expect(warnings).toEqual([
      "app/sbkube.yaml:5:3: kubeconfig has no effect: monstack starts a k3s of its own; --kubeconfig deploys into a cluster that is there",
      "app/sbkube.yaml:6:3: on_failure has no effect: the first failure ends a run, and everything is taken down again",
      "app/sbkube.yaml:30:13: apps.grafana.atomic: a failed run is taken down whole all the same, unless --keep is given",
    ]);
  });

  test("of the older layout is two files, and monstack.yaml goes over it", async () => {
    await using folder = await inFolder({
      "app/sources.yaml":
        "helm_repos: {prometheus-community: {url: https://prometheus-community.github.io/helm-charts}}\n",
      "app/config.yaml":
        "namespace: monitoring\napps:\n  prometheus: {type: helm, chart: prometheus-community/prometheus, version: 25.3.1}\n",
      "app/custom-rules.yaml": "groups: []\n",
      "monstack.yaml":
        "app-dir: app\nprofile: as-is\napps: {prometheus: {version: 29.27.0}, mine: {chart: ./chart}}\n",
    });
    const { config, warnings } = await folder.load();
    expect(Object.keys(config.apps)).toEqual(["prometheus", "mine"]);
    expect(config.apps["prometheus"]?.source).toMatchObject({ version: "29.27.0" });
    expect(config.profile).toBe("as-is");
    expect(warnings).toEqual([
      "app/custom-rules.yaml is taken as a file of rules: it is there, and no app names it",
    ]);
  });
});

test("of what waits for what nothing is lost, and nothing is waited for that isn't there", async () => {
  await using folder = await inFolder({
    "app/sbkube.yaml": `apps:
  base: {type: helm, chart: ./c, timeout: 10m}
  marker: {type: noop, depends_on: [base]}
  later: {type: exec, commands: [ls], enabled: false}
  gone: {type: helm, chart: ./c, enabled: false}
  web: {type: helm, chart: ./c, timeout: 2m, depends_on: [marker, later, gone]}
  last: {type: helm, chart: ./c, depends_on: [web], annotations: {a: b}}
`,
  });
  const { config, warnings } = await folder.load(from());
  expect(Object.keys(config.apps)).toEqual(["base", "gone", "web", "last"]);
  expect(config.apps["web"]?.dependsOn).toEqual([{ app: "base", until: "ready" }]);
  expect(warnings).toEqual([
    "app/sbkube.yaml:6:74: apps.web.depends_on[2]: gone is switched off, and not waited for",
    "app/sbkube.yaml:7:66: apps.last.annotations: sbkube sets those of a chart's app nowhere, nor does monstack",
  ]);
  // sbkube ends helm after 5 minutes whatever is written; here each of those that wait for each other gets its time.
  expect(config.timeouts.deployMs).toBe(720_000);
  expect(config.namespace).toBe("default");
});

test.each([
  [{ flags: { "app-dir": "app", stack: "operator" } }, {}, "--stack has no effect: the apps come from app"],
  [
    from(),
    { "monstack.yaml": "stack: operator\n" },
    "monstack.yaml:1:8: stack has no effect: the apps come from app",
  ],
])(
  "a flavour of the default stack beside it has no effect, which is said: %#",
  async (sources, more, warning) => {
    await using folder = await inFolder({ "app/sbkube.yaml": "apps: {a: {chart: ./c}}\n", ...more });
    const { config, warnings } = await folder.load(sources);
    expect(Object.keys(config.apps)).toEqual(["a"]);
    expect(warnings).toContain(warning);
  },
);

test.each<[string[], string[]]>([
  [["sbkube.yaml"], ["sbkube.yaml is here and not read; --app-dir . takes it"]],
  [
    ["sources.yaml", "config.yaml"],
    ["sources.yaml and config.yaml are here and not read; --app-dir . takes them"],
  ],
  [["config.yaml"], []],
])("in the working folder that nobody named is not read, which is said: %j", async (names, warnings) => {
  const apps = "apps: {a: {chart: ./c}}\n";
  const files = Object.fromEntries(names.map((name) => [name, name === "sources.yaml" ? "{}\n" : apps]));
  await using folder = await inFolder(files);
  const loaded = await folder.load();
  expect(loaded.warnings).toEqual(warnings);
  expect(Object.keys(loaded.config.apps)).toEqual(["prometheus", "grafana"]);
  if (warnings.length > 0) expect((await folder.load({ flags: { "app-dir": "." } })).warnings).toEqual([]);
  expect((await folder.load({ fetches: false })).warnings).toEqual([]);
});

test("what names a cluster, other folders or repositories to check out changes nothing, which is said", async () => {
  await using folder = await inFolder({
    "app/sbkube.yaml": `settings:
  cluster: k3s-prod
  git_repos: {tools: {url: https://git.example.com/tools}}
  app_dirs: [a, b]
apps: {a: {chart: ./c}}
`,
    "old/config.yaml": "cluster: k3s-prod\napps: {a: {chart: ./c}}\n",
    "old/sources.yaml": "git_repos: {}\n",
  });
  const cluster =
    "cluster has no effect: monstack starts a k3s of its own; --kubeconfig and --context deploy into a cluster that is there";
  expect((await folder.load(from())).warnings).toEqual([
    `app/sbkube.yaml:2:3: ${cluster}`,
    "app/sbkube.yaml:3:3: git_repos has no effect: monstack checks nothing out: do so beforehand, and name the folder in an app",
    "app/sbkube.yaml:4:3: app_dirs has no effect: one folder is deployed: name one of them with --app-dir",
  ]);
  expect((await folder.load({ flags: { "app-dir": "old" } })).warnings).toEqual([
    `old/config.yaml:1:1: ${cluster}`,
  ]);
});

test("values for all charts go below each one's own", async () => {
  await using folder = await inFolder({
    "app/sbkube.yaml": `settings:
  cluster_values_file: all.yaml
  global_values: {b: settings}
apps:
  a: {type: helm, chart: ./c, values: [a.yaml]}
  objects: {type: yaml, manifests: [m.yaml]}
`,
    "app/all.yaml": "a: file\nb: file\nc: file\n",
    "app/a.yaml": "c: own\n",
    "app/m.yaml": "kind: ConfigMap\n",
  });
  const { config, valuesFiles } = await folder.load(from());
  const app = config.apps["a"];
  expect(app && mergeUserValues("a", app, valuesFiles)).toEqual({ a: "file", b: "settings", c: "own" });
  expect(config.apps["objects"]?.values).toEqual([]);
});

test("monstack.yaml may lie in it, and a chart that is named there has a place", async () => {
  await using folder = await inFolder({
    "app/sbkube.yaml": "settings: {namespace: x}\napps:\n  a:\n    type: helm\n    chart: grafana/grafana\n",
    "app/monstack.yaml": "profile: as-is\n",
  });
  const loaded = await folder.load(from());
  expect(loaded.config).toMatchObject({ profile: "as-is", namespace: "x" });
  expect(locate(loaded, { app: "a", keys: ["chart"], values: [] })).toEqual({
    file: "app/sbkube.yaml",
    line: 5,
    column: 5,
  });
  await writeFile(join(folder.cwd, "monstack.yaml"), "profile: production\n");
  const both = await folder.load(from());
  expect(both.config.profile).toBe("production");
  expect(both.warnings).toEqual([
    `${folder.cwd}/monstack.yaml is used; ${folder.cwd}/app/monstack.yaml is there too and is ignored`,
  ]);
});

describe("mistakes in it", () => {
  const mistake = async (yaml: string, more: Record<string, string> = {}) => {
    await using folder = await inFolder({ "app/sbkube.yaml": yaml, ...more });
    return await folder.load(from()).then(
      () => "nothing is wrong",
      (error: Error) => error.message,
    );
  };

  test.each([
    [
      "apps:\n  a: {type: exec, commands: [rm]}\n",
      "app/sbkube.yaml:2:13: apps.a.type: an app of type exec is not deployed: monstack runs nobody's commands; run the commands in a step of your workflow, before or after monstack",
    ],
    [
      "apps:\n  a: {type: helmm, chart: x/y}\n",
      'app/sbkube.yaml:2:13: apps.a.type: "helmm" is not a type of app; did you mean helm?',
    ],
    [
      "apps:\n  a: {type: hlem, chart: x/y}\n  b: {chart: ./c, depends_on: [a]}\n",
      'app/sbkube.yaml:2:13: apps.a.type: "hlem" is not a type of app; did you mean helm?',
    ],
    [
      "apps:\n  a: {type: exec, commands: [ls]}\n  m: {type: noop, depends_on: [a]}\n  b: {chart: ./c, depends_on: [m]}\n",
      "app/sbkube.yaml:2:13: apps.a.type: an app of type exec is not deployed: monstack runs nobody's commands; run the commands in a step of your workflow, before or after monstack",
    ],
    [
      "apps:\n  k: {type: kustomize, path: nowhere}\n",
      "app/sbkube.yaml:2:30: apps.k.path: there is no kustomization.yaml in app/nowhere",
    ],
    [
      "apps:\n  a: {chart: bitnmi/nginx}\nsettings: {helm_repos: {bitnami: https://x.example}}\n",
      "app/sbkube.yaml:2:14: apps.a.chart: there is no chart repository bitnmi under helm_repos; did you mean bitnami?",
    ],
    [
      "apps:\n  a: {chart: ./c, depends_on: [b]}\n  b: {chart: ./c, depends_on: [a]}\n",
      "app/sbkube.yaml:2:31: apps.a.depends_on: apps depend on each other in a circle: a -> b -> a; take one of these out of the other's depends_on",
    ],
    [
      "apps:\n  a: {chart: ./c, vlaues: [x]}\n",
      "app/sbkube.yaml:2:19: apps.a.vlaues: unknown key; did you mean values?",
    ],
    [
      "apps:\n  a:\n    chart: ./c\n    values:\n      - missing.yaml\n",
      /app\/sbkube\.yaml:5:9: apps\.a\.values: there is no values file .*missing\.yaml/,
    ],
    [
      "apps:\n  a:\n    type: yaml\n    manifests: [gone.yaml]\n",
      "app/sbkube.yaml:4:17: apps.a.manifests: there is no manifest app/gone.yaml",
    ],
    [
      "apps:\n  a: {chart: ./c, overrides: [templates/x.yaml]}\n",
      "app/sbkube.yaml:2:30: apps.a.overrides: monstack doesn't do this; keep a copy of the chart with these files, and name its folder",
    ],
    [
      "apps:\n  a: {chart: ./c, context: other}\n",
      "app/sbkube.yaml:2:28: apps.a.context: monstack doesn't do this; all apps go to one cluster, which --context names",
    ],
    [
      "settings:\n  helm_repos:\n    p: https://me:hunter2@x.example\napps: {}\n",
      /^app\/sbkube\.yaml:3:8: settings\.helm_repos\.p: there is a password in this URL \(not shown\); expected a mapping/,
    ],
    [
      "settings:\n  helm_repos:\n    p: {url: https://x.example, ca_file: ca.crt}\napps: {}\n",
      "app/sbkube.yaml:3:42: settings.helm_repos.p.ca_file: monstack doesn't do this; name the file in the environment: NODE_EXTRA_CA_CERTS",
    ],
    [
      "settings:\n  cluster_values_file: none.yaml\napps:\n  a: {chart: ./c}\n",
      /^app\/sbkube\.yaml:2:24: cluster_values_file: there is no values file .*none\.yaml/,
    ],
    [
      "apiVersion: sbkube/v2\napps: {}\n",
      'app/sbkube.yaml:1:13: apiVersion: "sbkube/v2" is not the format\'s name, which is sbkube/v1',
    ],
    [
      "phases: {one: {source: a/sbkube.yaml}}\n",
      "app/sbkube.yaml:1:1: phases: phases are folders of their own: name one of them with --app-dir",
    ],
    [
      "settings:\n  helm_repos:\n    p: {url: https://x.example, username: me, password: hunter2}\napps: {}\n",
      /^app\/sbkube\.yaml:3:57: .*password: invalid value \(not shown\): expected \$\{NAME\}/,
    ],
    [
      `settings:\n  helm_repos:\n    p: {url: https://x.example, username: me, password: "\${NOPE}"}\napps: {}\n`,
      "app/sbkube.yaml:3:57: settings.helm_repos.p.password: the environment has no NOPE; set it to the repository's password",
    ],
    [
      "apps:\n  a: {chart: ./c, depends_on: [b]}\n  bb: {chart: ./c}\n",
      "app/sbkube.yaml:2:32: apps.a.depends_on[0]: there is no app b; did you mean bb?",
    ],
  ])("%s", async (yaml, expected) => {
    const message = await mistake(yaml);
    if (typeof expected === "string") expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });

  test("a password that nobody is going to need may be missing", async () => {
    await using folder = await inFolder(files);
    const { config } = await folder.load({ flags: { "app-dir": "app" }, fetches: false });
    expect(config.repos["private"]?.credentials?.password).toBe("");
  });

  test("a folder without a file of sbkube's", async () => {
    await using folder = await inFolder({ "app/readme.md": "" });
    await expect(folder.load(from())).rejects.toThrow(
      "app is not an app directory: it has neither sbkube.yaml nor config.yaml",
    );
  });
});
