import { describe, expect, test } from "vitest";
import { inFolder } from "./in-folder.ts";

async function mistakeIn(yaml: string, files: Record<string, string> = {}): Promise<string> {
  await using folder = await inFolder({ "monstack.yaml": yaml, ...files });
  return await folder.mistake();
}

describe("in the file", () => {
  const at = "UserError: monstack.yaml:";
  test.each([
    ["an unknown key", "profil: ci", "1:1: profil: unknown key; did you mean profile?"],
    [
      "an unknown key in a section",
      "ports:\n  grafanna: 1\n",
      "2:3: ports.grafanna: unknown key; did you mean grafana?",
    ],
    [
      "an unknown key that is near to nothing",
      "timeouts:\n  zebra: 1s\n",
      "2:3: timeouts.zebra: unknown key; expected one of: cluster, deploy, verify",
    ],
    [
      "an unknown key of an app",
      "apps:\n  grafana:\n    dependsOn: []\n",
      "3:5: apps.grafana.dependsOn: unknown key; did you mean depends_on?",
    ],
    [
      "an unknown key of a dependency",
      "apps:\n  grafana:\n    depends_on:\n      - app: prometheus\n        untl: ready\n",
      "5:9: apps.grafana.depends_on[0].untl: unknown key; did you mean until?",
    ],
    [
      "a text for a section",
      "namespace: a\nports: 3000\n",
      "2:8: ports: 3000 is not a mapping; expected a mapping with the keys prometheus, grafana, alertmanager, when-busy",
    ],
    [
      "a list for the whole file",
      "- profile: ci\n",
      "1:1: a list is not a mapping; expected keys with values, each on a line of its own",
    ],
    [
      "a number for a version",
      "k3s:\n  version: 1.30\n",
      "2:12: k3s.version: 1.3 is a number to YAML; expected a version (v1.36.3+k3s1, a minor like v1.36, stable or latest), in quotes",
    ],
    [
      "no version",
      "helm: {version: latest}",
      '1:17: helm.version: "latest" is not a version (v4.2.3, v4, v3 or stable)',
    ],
    [
      "a minor of helm, which its host can't be asked for",
      "helm: {version: v4.2}",
      '1:17: helm.version: "v4.2" is not a version (v4.2.3, v4, v3 or stable)',
    ],
    [
      "a Kubernetes release instead of a k3s one",
      "k3s: {version: v1.36.3}",
      '1:16: k3s.version: "v1.36.3" is not a version (v1.36.3+k3s1, a minor like v1.36, stable or latest)',
    ],
    [
      "nothing where something belongs",
      "namespace:\n",
      "1:11: namespace: an empty value is not a namespace (lower-case letters, digits and -, at most 63)",
    ],
    ["a profile", "profile: as_is", '1:10: profile: "as_is" is not a profile; did you mean as-is?'],
    [
      "a bad duration",
      "timeouts:\n  deploy: 5 minutes\n",
      '2:11: timeouts.deploy: "5 minutes" is not a duration; expected for example 90s, 5m or 1h30m',
    ],
    [
      "a duration without unit",
      "timeouts:\n  deploy: 300\n",
      "2:11: timeouts.deploy: 300 has no unit; expected a duration such as 300s, 5m or 1h30m",
    ],
    [
      "a bad port",
      "ports:\n  grafana: 70000\n",
      "2:12: ports.grafana: 70000 is not a port; expected a whole number from 1 to 65535",
    ],
    [
      "a bad mirror",
      "mirrors:\n  https://get.helm.sh/: mirror/helm\n",
      '2:25: mirrors."https://get.helm.sh/": "mirror/helm" is not a mirror; expected a URL with http:// or https://',
    ],
    [
      "a missing values file",
      "apps:\n  grafana:\n    values:\n      - a: 1\n      - grafana.yaml\n",
      "5:9: apps.grafana.values: there is no values file CWD/grafana.yaml",
    ],
    [
      "a values file that is a folder",
      "apps: {grafana: {values: .}}",
      "1:26: apps.grafana.values: the values file CWD can't be read: EISDIR: illegal operation on a directory, read",
    ],
    [
      "an unknown dependency",
      "apps:\n  grafana:\n    depends_on: promtheus\n",
      "3:17: apps.grafana.depends_on[0]: there is no app promtheus; did you mean prometheus?",
    ],
    [
      "an app without chart",
      "apps:\n  loki:\n    version: 1.0.0\n",
      "2:3: apps.loki: missing chart; expected for example chart: prometheus-community/prometheus",
    ],
    [
      "an unknown repository",
      "apps:\n  loki:\n    chart: grafna/loki\n",
      "3:12: apps.loki.chart: there is no chart repository grafna under repos; did you mean grafana?",
    ],
    [
      "a bad app's name",
      "apps:\n  My_App: {chart: ./x}\n",
      "2:3: apps.My_App: invalid name of an app: expected lower-case letters, digits and -, at most 53",
    ],
    [
      "enabled as a text",
      'apps: {grafana: {enabled: "no"}}',
      '1:27: apps.grafana.enabled: "no" is not true or false',
    ],
    [
      "a key twice",
      "profile: ci\nports: {}\nprofile: ci\n",
      "3:1: the key profile is there twice; keep one of them",
    ],
    ["a tab", "ports:\n\tgrafana: 1\n", "2:1: bad YAML: a tab as indentation; expected spaces"],
  ])("%s", async (_, yaml, expected) => {
    expect(await mistakeIn(yaml)).toBe(at + expected);
  });

  test("bad YAML in a values file is found there", async () => {
    const config = "apps: {grafana: {values: v/g.yaml}}";
    expect(await mistakeIn(config, { "v/g.yaml": "\n- a\n" })).toBe(
      "UserError: v/g.yaml:2:1: a list is not values for a chart; expected a mapping",
    );
    expect(await mistakeIn(config, { "v/g.yaml": "a: [1\n" })).toMatch(
      /^UserError: v\/g\.yaml:\d+:\d+: bad YAML: /,
    );
  });

  test("a password is never shown", async () => {
    expect(await mistakeIn("grafana:\n  password: 123456\n")).toBe(
      "UserError: monstack.yaml:2:13: grafana.password: invalid value (not shown): expected a password, in quotes",
    );
  });

  test("several mistakes are shown together, at most 20 of them", async () => {
    await using folder = await inFolder({ "monstack.yaml": "profil: ci\nports: {grafana: x}\n" });
    expect(await folder.mistake({ flags: { "busy-port": "othr" } })).toBe(
      [
        "UserError: 3 mistakes in the configuration:",
        "  monstack.yaml:1:1: profil: unknown key; did you mean profile?",
        '  monstack.yaml:2:18: ports.grafana: "x" is not a port; expected a whole number from 1 to 65535',
        '  --busy-port: "othr" is not a way to treat a busy port; did you mean other?',
      ].join("\n"),
    );
    const many = await mistakeIn(Array.from({ length: 25 }, (_, index) => `bogus${index}: 1`).join("\n"));
    expect(many.split("\n")).toHaveLength(22);
    expect(many).toMatch(/\n {2}\.\.\. and 5 more$/);
  });
});

describe("elsewhere", () => {
  test("a named file that isn't there", async () => {
    await using folder = await inFolder({});
    expect(await folder.mistake({ file: "nope.yaml" })).toBe(
      "UserError: there is no configuration file CWD/nope.yaml",
    );
  });

  test.each([
    [
      { flags: { "grafana-port": "http" } },
      '--grafana-port: "http" is not a port; expected a whole number from 1 to 65535',
    ],
    [
      { inputs: { "grafana-port": "0" } },
      "input grafana-port: 0 is not a port; expected a whole number from 1 to 65535",
    ],
    [
      { flags: { mirrors: "docker.io" } },
      '--mirrors: "docker.io": has no mirror; expected from=to, for example https://get.helm.sh/=http://mirror/helm/',
    ],
    [
      { env: { MONSTACK_MIRRORS: "ftp://a=http://b" } },
      'MONSTACK_MIRRORS: ftp://a: "ftp://a" can\'t be mirrored; expected a prefix with https:// or http://, or an image registry such as docker.io',
    ],
    [{ flags: { apps: "grafana,promethus" } }, "--apps: there is no app promethus; did you mean prometheus?"],
    [{ inputs: { apps: "xyz" } }, "input apps: there is no app xyz; expected one of: prometheus, grafana"],
    [
      { flags: { namespace: "" } },
      "--namespace: an empty value is not a namespace (lower-case letters, digits and -, at most 63)",
    ],
    [
      { flags: { "verify-timeout": "0s" } },
      '--verify-timeout: "0s" is not a duration; expected for example 90s, 5m or 1h30m',
    ],
  ])("%j", async (sources, expected) => {
    await using folder = await inFolder({});
    expect(await folder.mistake(sources)).toBe(`UserError: ${expected}`);
  });
});

describe("a mistake in a key of the user's choice is placed at the key", () => {
  test.each([
    ["a path of set", "apps:\n  prometheus:\n    set:\n      a..b: 1\n", "4:7: apps.prometheus.set"],
    ["a mirror's prefix", "mirrors:\n  http//x: https://y\n", "2:3: mirrors.http//x"],
    ["a registry's host", "registries:\n  https://docker.io:\n    username: a\n", "2:3: registries"],
    [
      "a header",
      "remote-write:\n  - url: https://x/w\n    headers: {A: b, x y: z}\n",
      "3:21: remote-write[0].headers",
    ],
    ["a check that is not made", "verify:\n  skip:\n    targets up: no reason\n", "3:5: verify.skip"],
  ])("%s", async (_, yaml, where) => {
    expect(await mistakeIn(yaml)).toContain(`monstack.yaml:${where}`);
  });

  test.each([
    ["a mirror", "mirrors:\n  docker.io: 5\n", "2:14: mirrors"],
    ["a value of set", "apps:\n  prometheus:\n    set:\n      a: '{b'\n", "4:10: apps.prometheus.set.a"],
  ])("and one in its value at the value: %s", async (_, yaml, where) => {
    expect(await mistakeIn(yaml)).toContain(`monstack.yaml:${where}`);
  });
});
