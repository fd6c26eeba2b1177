import { describe, expect, test } from "vitest";
import { overrides } from "../../src/config/settings.ts";
import { inFolder } from "./in-folder.ts";

describe("without any configuration", () => {
  test("it is the default stack", async () => {
    await using folder = await inFolder({});
    const { config, warnings, origins } = await folder.load();
    expect(config).toMatchObject({
      profile: "ci",
      namespace: "monitoring",
      cluster: { kind: "k3s" },
      k3s: { version: "v1.36.3+k3s1", path: undefined, args: [], images: [] },
      helm: { version: "v4.2.3" },
      kubectl: { version: "v1.36.3" },
      select: [],
      grafana: { user: "admin", password: undefined },
      ports: { prometheus: 9090, grafana: 3000, alertmanager: 9093, whenBusy: "fail" },
      timeouts: { deployMs: 300_000, verifyMs: 120_000, clusterMs: 120_000 },
      reportDir: `${folder.cwd}/monstack-report`,
      stateDir: "/home/ann/.local/state/monstack",
      file: undefined,
    });
    expect(Object.keys(config.apps)).toEqual(["prometheus", "grafana"]);
    expect(config.apps.grafana).toMatchObject({
      source: { kind: "chart", chart: "grafana-community/grafana", version: "12.11.1" },
      dependsOn: [{ app: "prometheus", until: "applied" }],
    });
    expect(warnings).toEqual([]);
    expect(new Set(Object.values(origins))).toEqual(new Set(["default"]));
  });

  test("XDG_STATE_HOME moves the state folder, unless it is relative", async () => {
    await using folder = await inFolder({});
    expect((await folder.load({ env: { HOME: "/h", XDG_STATE_HOME: "/x" } })).config.stateDir).toBe(
      "/x/monstack",
    );
    expect((await folder.load({ env: { HOME: "/h", XDG_STATE_HOME: "x" } })).config.stateDir).toBe(
      "/h/.local/state/monstack",
    );
  });
});

test("the defaults in the help are the defaults", async () => {
  await using folder = await inFolder({});
  const { config } = await folder.load();
  const byName = Object.fromEntries(overrides.map((one) => [one.name, one.default]));
  const given = [
    "profile",
    "namespace",
    "k3s-version",
    "helm-version",
    "kubectl-version",
    "grafana-user",
  ] as const;
  const ports = ["prometheus-port", "grafana-port", "alertmanager-port", "busy-port"] as const;
  const rest = ["cluster-timeout", "deploy-timeout", "verify-timeout", "report-dir"] as const;
  const flags = Object.fromEntries([...given, ...ports, ...rest].map((name) => [name, byName[name]]));
  expect((await folder.load({ flags })).config).toEqual(config);
});

test("flags win over inputs, inputs over the environment, the environment over the file", async () => {
  await using folder = await inFolder({
    "monstack.yaml":
      "namespace: file\nprofile: as-is\nports: {grafana: 1}\nmirrors: {docker.io: 'http://file'}\n",
  });
  const { config, origins } = await folder.load({
    env: { HOME: "/h", MONSTACK_MIRRORS: "docker.io=http://env", MONSTACK_STATE_DIR: "/env" },
    inputs: { namespace: "input", "grafana-port": "2", "state-dir": "", apps: "prometheus" },
    flags: { "grafana-port": "3" },
  });
  expect(config).toMatchObject({
    profile: "as-is",
    namespace: "input",
    ports: { grafana: 3, prometheus: 9090 },
    mirrors: { "docker.io": "http://env" },
    stateDir: "/env",
    select: ["prometheus"],
  });
  expect(origins).toMatchObject({
    profile: "file",
    namespace: "input",
    "grafana-port": "flag",
    "prometheus-port": "default",
    mirrors: "env",
    "state-dir": "env",
    apps: "input",
    repos: "default",
  });
});

test("paths from the environment are in one spelling, as the journal needs them", async () => {
  await using folder = await inFolder({});
  const flags = { context: "x" };
  expect((await folder.load({ env: { HOME: "/h/" }, flags })).config).toMatchObject({
    stateDir: "/h/.local/state/monstack",
    cluster: { kubeconfig: "/h/.kube/config" },
  });
  const env = { HOME: "/h", XDG_STATE_HOME: "/x/", KUBECONFIG: "kube/../config" };
  expect((await folder.load({ env, flags })).config).toMatchObject({
    stateDir: "/x/monstack",
    cluster: { kubeconfig: `${folder.cwd}/config` },
  });
});

describe("the state folder", () => {
  const refusal =
    "can't be set in a file, because teardown obeys the journal in that folder; expected --state-dir or MONSTACK_STATE_DIR";

  test.each(["./state", "~", "''", "[a]", "{a: b}", "1", "null"])(
    "can't be chosen by a file of the repository: state-dir: %s",
    async (value) => {
      await using folder = await inFolder({ "monstack.yaml": `profile: ci\nstate-dir: ${value}\n` });
      expect(await folder.mistake()).toBe(`UserError: monstack.yaml:2:12: state-dir: ${refusal}`);
    },
  );

  test("can be chosen by a flag, an input and the environment", async () => {
    await using folder = await inFolder({});
    const inputs = { "state-dir": "./input" };
    const env = { HOME: "/h", MONSTACK_STATE_DIR: "/env" };
    expect((await folder.load({ env })).config.stateDir).toBe("/env");
    expect((await folder.load({ env, inputs })).config.stateDir).toBe(`${folder.cwd}/input`);
    const flags = { "state-dir": "/flag" };
    expect((await folder.load({ env, inputs, flags })).config.stateDir).toBe("/flag");
  });
});

describe("the file", () => {
  test("every setting can stand in it, paths are relative to it", async () => {
    await using folder = await inFolder({
      "deep/stack.yaml": `
profile: production
cluster: {kubeconfig: kube/config, context: dev}
k3s: {version: "1.35", path: ~/k3s, args: [--debug, "--node-label=a=b c"], images: [./images]}
helm: {version: stable}
kubectl: {path: /usr/bin/kubectl}
mirrors: {"https://": http://127.0.0.1:8080/}
repos: {mine: https://charts.example.org}
apps:
  loki:
    chart: mine/loki
    version: 6.1.0
    depends_on: [prometheus, {app: grafana, until: applied}]
    timeout: 90s
  local: {chart: ../charts/x, enabled: no}
  remote: {chart: oci://registry.example.org/charts/x}
grafana: {user: root, password: pw}
ports: {prometheus: 19090, when-busy: other}
timeouts: {deploy: 1h30m, verify: 90s, cluster: 500ms}
report-dir: out
`,
    });
    const { config, warnings } = await folder.load({ file: "deep/stack.yaml" });
    const deep = `${folder.cwd}/deep`;
    expect(config).toMatchObject({
      cluster: { kind: "existing", kubeconfig: `${deep}/kube/config`, context: "dev" },
      k3s: {
        version: "v1.35",
        path: "/home/ann/k3s",
        args: ["--debug", "--node-label=a=b c"],
        images: [`${deep}/images`],
      },
      helm: { version: "stable", path: undefined },
      kubectl: { path: "/usr/bin/kubectl" },
      mirrors: { "https://": "http://127.0.0.1:8080/" },
      grafana: { user: "root", password: "pw" },
      ports: { prometheus: 19090, whenBusy: "other" },
      timeouts: { deployMs: 5_400_000, verifyMs: 90_000, clusterMs: 500 },
      reportDir: `${deep}/out`,
      file: `${deep}/stack.yaml`,
    });
    expect(config.apps.loki).toEqual({
      source: { kind: "chart", chart: "mine/loki", version: "6.1.0" },
      labels: {},
      annotations: {},
      enabled: true,
      namespace: undefined,
      release: "loki",
      values: [],
      dependsOn: [
        { app: "prometheus", until: "ready" },
        { app: "grafana", until: "applied" },
      ],
      timeoutMs: 90_000,
    });
    expect(config.apps.local).toMatchObject({
      source: { chart: `${folder.cwd}/charts/x` },
      enabled: false,
    });
    expect(warnings).toEqual([]);
  });

  test("an app named like a default one is laid over it", async () => {
    await using folder = await inFolder({
      "monstack.yml":
        "apps:\n  prometheus: {values: [prom.yaml, {b: 1}]}\n  grafana: {chart: grafana/grafana}\n",
      "prom.yaml": "server:\n  mode: 0644\n  on_start: yes\n",
    });
    const { config, valuesFiles } = await folder.load();
    const promYaml = `${folder.cwd}/prom.yaml`;
    expect(config.apps.prometheus).toMatchObject({
      source: { version: "29.27.0" },
      values: [
        { inline: { "prometheus-pushgateway": { enabled: false } } },
        { file: promYaml },
        { inline: { b: 1 } },
      ],
    });
    expect(config.apps.grafana).toMatchObject({
      source: { chart: "grafana/grafana", version: undefined },
    });
    // As helm reads it: octal, and `yes` is true.
    expect(valuesFiles).toEqual({ [promYaml]: { server: { mode: 0o644, on_start: true } } });
  });

  test("an empty file and empty sections are fine", async () => {
    await using empty = await inFolder({ "monstack.yaml": "" });
    await using sections = await inFolder({ "monstack.yaml": "apps:\n  grafana:\nports:\nrepos:\n" });
    expect((await empty.load()).config.apps).toEqual((await sections.load()).config.apps);
  });

  test("a second file is named as ignored", async () => {
    await using folder = await inFolder({ "monstack.yaml": "namespace: a", "monstack.yml": "namespace: b" });
    const { config, warnings } = await folder.load();
    expect(config.namespace).toBe("a");
    expect(warnings).toEqual([
      `${folder.cwd}/monstack.yaml is used; ${folder.cwd}/monstack.yml is there too and is ignored`,
    ]);
  });
});

test("a kubeconfig or a context means an existing cluster", async () => {
  await using folder = await inFolder({});
  const cluster = async (flags: Record<string, string>, env = {}) =>
    (await folder.load({ flags, env: { HOME: "/h", ...env } })).config.cluster;
  expect(await cluster({ kubeconfig: "k" })).toEqual({
    kind: "existing",
    kubeconfig: `${folder.cwd}/k`,
    context: undefined,
  });
  expect(await cluster({ context: "c" })).toEqual({
    kind: "existing",
    kubeconfig: "/h/.kube/config",
    context: "c",
  });
  expect(await cluster({ context: "c" }, { KUBECONFIG: ":/a:/b" })).toMatchObject({ kubeconfig: "/a" });
  expect(await cluster({}, { KUBECONFIG: "/a" })).toEqual({ kind: "k3s" });
});

test("lists in inputs and flags", async () => {
  await using folder = await inFolder({});
  const { config } = await folder.load({
    inputs: {
      mirrors: "https://get.helm.sh/=http://m/helm?a=b\n docker.io = http://m:5000/docker.io ,",
      "k3s-args": "--debug  --v=3",
      "k3s-images": "a.tar, b",
    },
    flags: { apps: "grafana,\nprometheus" },
  });
  expect(config.mirrors).toEqual({
    "https://get.helm.sh/": "http://m/helm?a=b",
    "docker.io": "http://m:5000/docker.io",
  });
  expect(config.k3s.args).toEqual(["--debug", "--v=3"]);
  expect(config.k3s.images).toEqual([`${folder.cwd}/a.tar`, `${folder.cwd}/b`]);
  expect(config.select).toEqual(["grafana", "prometheus"]);
  expect((await folder.load({ inputs: { "k3s-args": "--a b\n--c" } })).config.k3s.args).toEqual([
    "--a b",
    "--c",
  ]);
});

test("a word alone in a template in quotes, which only another tool would fill in, is a warning at its line", async () => {
  await using folder = await inFolder({
    "monstack.yaml": "apps: {prometheus: {values: v.yaml}}\n",
    "v.yaml": `server:
  retention: "{{ prometheus_retention }}"
  image: {tag: "{{ tag | default('v3.14.0') }}"}
  extraLabels: {a: "{{ .Release.Name }}", b: "{{ include \\"x\\" . }}", c: "{{ now }}", legendFormat: "{{pod}}"}
  annotations: {summary: "{{ $labels.x }}", text: "of {{ word }}"}
`,
  });
  const { warnings } = await folder.load();
  expect(warnings).toEqual([
    expect.stringMatching(
      /^v\.yaml:2:14: server\.retention: \{\{ prometheus_retention \}\} looks like a template/,
    ),
    expect.stringMatching(/^v\.yaml:3:16: server\.image\.tag: /),
  ]);
});

test("a key that is there twice in a values file is a warning at its line: helm takes the last", async () => {
  await using folder = await inFolder({
    "monstack.yaml": "apps: {grafana: {values: v.yaml}}\n",
    "v.yaml": "grafana.ini:\n  tracing: {enabled: true}\n  tracing: {enabled: false}\n",
  });
  const { valuesFiles, warnings } = await folder.load();
  expect(Object.values(valuesFiles)).toEqual([{ "grafana.ini": { tracing: { enabled: false } } }]);
  expect(warnings).toEqual([
    "v.yaml:3:3: the key tracing is there twice; helm takes only the last one, so keep one of them",
  ]);
});
