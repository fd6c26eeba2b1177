import { describe, expect, it } from "vitest";
import { splitSettingPath } from "../../../src/config/set/lines.ts";
import { inFolder } from "../in-folder.ts";

const own = "checks: [{name: a, promql: up}]\nrules: [one.yaml]\nnamespace: from-file\n";
const files = {
  "monstack.yaml": own,
  "one.yaml": "groups: []\n",
  "two.yaml": "groups: []\n",
  "three.yaml": "groups: []\n",
};

describe("the lines of the input set", () => {
  it("override the file, with values in YAML", async () => {
    await using folder = await inFolder(files);
    const { config, origins } = await folder.load({
      set: {
        inputs: { set: "namespace: other\nverify.at-end: yes\nports.grafana: 3001\nk3s.version: v1.35" },
      },
    });
    expect([config.namespace, config.verify.atEnd, config.ports.grafana]).toEqual(["other", true, 3001]);
    expect(config.k3s.version).toBe("v1.35");
    expect([origins.namespace, origins["grafana-port"], origins.rules]).toEqual(["input", "input", "file"]);
  });

  it("make a list of a path in several lines, and a mapping of several paths", async () => {
    await using folder = await inFolder(files);
    const { config } = await folder.load({
      set: {
        inputs: {
          set: `rules: two.yaml
verify.skip.grafana-health: not ours
rules: [three.yaml]
verify.skip.series-budget: big
checks: {name: x, promql: up}
checks: {name: z, promql: up}
`,
        },
      },
    });
    expect(config.rules.map((path) => path.split("/").at(-1))).toEqual(["two.yaml", "three.yaml"]);
    expect(config.verify.skip).toEqual({ "grafana-health": "not ours", "series-budget": "big" });
    expect(config.checks.map(({ name }) => name)).toEqual(["x", "z"]);
  });

  it("take values over several lines, and merge into an app of the file", async () => {
    await using folder = await inFolder({
      "monstack.yaml": "apps: {prometheus: {values: {server: {a: 1}}}, own: {chart: ./c, version: '1'}}\n",
    });
    const set =
      "apps.prometheus.values:\n  - server:\n      b: 2\napps.own.version: '2'\napps.grafana.enabled: false\n";
    const { config } = await folder.load({ set: { inputs: { set } } });
    expect(config.apps["prometheus"]?.values.slice(-2)).toEqual([
      { inline: { server: { a: 1 } } },
      { inline: { server: { b: 2 } }, isFromSet: true },
    ]);
    expect(config.apps["own"]?.source).toMatchObject({ kind: "chart", version: "2" });
    expect(config.apps["grafana"]?.enabled).toBe(false);
  });

  it("merge repositories, registries and resources with those of the file, by name", async () => {
    await using folder = await inFolder({
      "monstack.yaml":
        "repos: {a: 'https://a.example'}\nresources: {prometheus: {requests: {memory: 1Gi}}}\n",
    });
    const set =
      'repos.b: https://b.example\nresources.prometheus.limits.memory: 2Gi\nregistries."r.example".insecure: true';
    const { config } = await folder.load({ set: { inputs: { set } } });
    expect([config.repos["a"]?.url, config.repos["b"]?.url]).toEqual([
      "https://a.example",
      "https://b.example",
    ]);
    expect(config.resources).toEqual({
      prometheus: { requests: { memory: "1Gi" }, limits: { memory: "2Gi" } },
    });
    expect(config.registries["r.example"]?.insecure).toBe(true);
  });

  it("are read below their section in the inputs ports and timeouts", async () => {
    await using folder = await inFolder({});
    const inputs = { ports: "grafana: 3001\nwhen-busy: other", timeouts: "verify: 3m" };
    const { config } = await folder.load({ set: { inputs } });
    expect([config.ports.grafana, config.ports.whenBusy, config.timeouts.verifyMs]).toEqual([
      3001,
      "other",
      180_000,
    ]);
  });
});

describe("the flags --set", () => {
  it("override inputs and the file", async () => {
    await using folder = await inFolder(files);
    const { config, origins } = await folder.load({
      inputs: { namespace: "input" },
      set: { flags: ["namespace=flag", "rules=[two.yaml]", 'mirrors."docker.io"=https://m.example/x'] },
    });
    expect([config.namespace, origins.namespace]).toEqual(["flag", "flag"]);
    expect(config.rules.map((path) => path.split("/").at(-1))).toEqual(["two.yaml"]);
    expect(config.mirrors).toEqual({ "docker.io": "https://m.example/x" });
  });
});

describe("a mistake", () => {
  it.each([
    ["grafna.user: ann", "input set:1:1: grafna: unknown key; did you mean grafana?"],
    ["retention: 15d\nports.grafna: 1", "input set:2:1: ports.grafna: unknown key; did you mean grafana?"],
    ["grafana-port: 1", "input set:1:1: grafana-port: unknown key; expected ports.grafana"],
    [
      "timeouts.verify: 90",
      "input set:1:1: timeouts.verify: 90 has no unit; expected a duration such as 90s, 5m or 1h30m",
    ],
    [
      "ports:\n  grafana: 1\n  prometheus: x",
      'input set:3:15: ports.prometheus: "x" is not a port; expected a whole number from 1 to 65535',
    ],
    [
      "retention=30d",
      'input set:1:1: "retention=30d" is not a mapping; expected lines of path: value, here `retention: 30d`',
    ],
    [
      "mirrors.docker.io: https://m.example",
      'input set:1:1: mirrors.docker: a mapping is not a mirror; expected a URL with http:// or https://; a key with a dot is written in quotes: mirrors."docker.io"',
    ],
    [
      "namespace: a\nretention: 15d\nnamespace: b",
      "input set:3:1: namespace: set by several lines (input set:1:1 and input set:3:1), which make a list; a list is not a namespace (lower-case letters, digits and -, at most 63)",
    ],
    [
      "storage: 5Gi\nstorage.grafana: 1Gi",
      "input set:2:1: storage.grafana: storage.grafana is below storage, which another line sets to a value; expected a mapping there",
    ],
    [
      "a..b: 1",
      'input set:1:1: "a..b" is not a path; expected for example ports.grafana, and mirrors."docker.io" for a key with a dot',
    ],
    ["state-dir: /x", "input set:1:1: state-dir: can't be set in a file"],
    [
      "apps.x.depends_on: nobody\napps.x.chart: ./c",
      "input set:1:1: apps.x.depends_on[0]: there is no app nobody",
    ],
    [
      "resources.grafana.requests.cpu: 2\nresources.grafana.limits.cpu: 1",
      "input set:1:1: resources.grafana.requests.cpu: 2 is more than its limit 1",
    ],
  ])("in %j names the line, the key and what is expected", async (set, message) => {
    await using folder = await inFolder({});
    expect(await folder.mistake({ set: { inputs: { set } } })).toContain(`UserError: ${message}`);
  });

  it("in a flag names the path and never the value", async () => {
    await using folder = await inFolder({});
    expect(await folder.mistake({ set: { flags: ["grafana.pasword=s3cret"] } })).toBe(
      "UserError: --set grafana.pasword: grafana.pasword: unknown key; did you mean password?",
    );
    expect(await folder.mistake({ set: { flags: ["retention"] } })).toBe(
      "UserError: --set retention: has no value; expected path=value, for example retention=30d",
    );
  });

  it("is made by a setting that has its own input with another value", async () => {
    await using folder = await inFolder({});
    const sources = { inputs: { profile: "ci" }, set: { inputs: { set: "profile: as-is" } } };
    expect(await folder.mistake(sources)).toBe(
      "UserError: input set:1:1: profile: input profile sets it too; keep one of them",
    );
  });

  it("is made by a request in set above the limit in the file", async () => {
    await using folder = await inFolder({
      "monstack.yaml": "resources: {grafana: {limits: {memory: 1Gi}}}\n",
    });
    expect(await folder.mistake({ set: { flags: ["resources.grafana.requests.memory=2Gi"] } })).toBe(
      "UserError: --set resources.grafana.requests.memory: resources.grafana.requests.memory: 2Gi is more than its limit 1Gi",
    );
  });
});

describe("the path of a setting", () => {
  it.each([
    ["ports.grafana", ["ports", "grafana"]],
    ['mirrors."docker.io"', ["mirrors", "docker.io"]],
    ["mirrors.docker\\.io", ["mirrors", "docker.io"]],
    ['mirrors."https://get.helm.sh/"', ["mirrors", "https://get.helm.sh/"]],
    ["apps.x.set.args[0]", ["apps", "x", "set", "args[0]"]],
    ["", undefined],
    ["a.", undefined],
    ['a."b', undefined],
  ])("%s", (text, path) => {
    expect(splitSettingPath(text)).toEqual(path);
  });

  it("can be named like what every object inherits", async () => {
    await using folder = await inFolder({});
    expect(await folder.mistake({ set: { flags: ["__proto__.x=1"] } })).toContain("__proto__: unknown key");
    expect(await folder.mistake({ set: { flags: ["constructor=1"] } })).toContain("constructor: unknown key");
  });
});
