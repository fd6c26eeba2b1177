import { describe, expect, test } from "vitest";
import type { LoadedConfig } from "../../src/config/load.ts";
import { locate, placeInFile, placeInValues, placeOfSetting, type Wanted } from "../../src/config/locate.ts";
import { readYaml } from "../../src/yaml/read.ts";
import { inFolder } from "./in-folder.ts";

/** The place as compilers write it, and what stands there up to the end of the line. */
function shown(loaded: LoadedConfig, place: ReturnType<typeof locate>): string | undefined {
  if (place === undefined) return undefined;
  const { file, line, column } = place;
  const text = loaded.texts[`${loaded.cwd}/${file}`] ?? "";
  return `${file}:${line}:${column} ${text.split("\n")[line - 1]?.slice(column - 1)}`;
}

async function found(files: Record<string, string>, wanted: Partial<Wanted>): Promise<string | undefined> {
  await using folder = await inFolder(files);
  const loaded = await folder.load();
  return shown(loaded, locate(loaded, { app: undefined, keys: [], values: [], ...wanted }));
}

async function inValues(
  files: Record<string, string>,
  app: string,
  path: (string | number)[],
  options?: Parameters<typeof placeInValues>[3],
): Promise<string | undefined> {
  await using folder = await inFolder(files);
  const loaded = await folder.load();
  return shown(loaded, placeInValues(loaded, app, path, options));
}

const twoFiles = {
  "monstack.yaml": `# The stack of our team.
apps:
  prometheus:
    values:
      - ops/base.yaml
      - ops/late.yaml
      - server: {retention: 2d}   # the last word
`,
  "ops/base.yaml": `server:
  retention: 15d
  image:
    tag: v0.0.1
  global: &timing
    scrape_interval: 1m
`,
  "ops/late.yaml": `# later wins
server:
  image: { repository: prom/prometheus, tag: "v9.9.9" }
serverFiles:
  alerting_rules.yml:
    groups:
      - name: nodes
        rules:
          - alert: Full
            expr: |
              node_filesystem_avail_bytes
                / node_filesystem_size < 0.1
`,
};

describe("a key that is to blame", () => {
  test.each([
    ["of several values the later one, which wins", ["image.tag"], 'ops/late.yaml:3:41 tag: "v9.9.9" }'],
    [
      "inline values of the configuration file",
      ["server.retention"],
      "monstack.yaml:7:18 retention: 2d}   # the last word",
    ],
    ["what only an earlier file has", ["global.scrape_interval"], "ops/base.yaml:6:5 scrape_interval: 1m"],
    [
      "the first of the keys that is there",
      ["server.nothing", "serverFiles"],
      "ops/late.yaml:4:1 serverFiles:",
    ],
    [
      "a key with dots, indexes left out",
      ["alerting_rules.yml.groups.rules.alert"],
      "ops/late.yaml:9:13 alert: Full",
    ],
    ["a key with its dots marked", ["alerting_rules\\.yml"], "ops/late.yaml:5:3 alerting_rules.yml:"],
    ["only whole words of a path", ["tention"], undefined],
  ])("is found: %s", async (_, keys, place) => {
    expect(await found(twoFiles, { app: "prometheus", keys })).toBe(place);
  });

  test("a whole path comes before the end of a longer one, also in an earlier file", async () => {
    const files = {
      "monstack.yaml": "apps: {prometheus: {values: [a.yaml, b.yaml]}}\n",
      "a.yaml": "image:\n  tag: whole\n",
      "b.yaml": "server:\n  image:\n    tag: end\n",
    };
    expect(await found(files, { app: "prometheus", keys: ["image.tag"] })).toBe("a.yaml:2:3 tag: whole");
  });

  test("with the value that is to blame comes before the same key with another", async () => {
    const files = {
      "monstack.yaml": "apps: {prometheus: {values: a.yaml}}\n",
      "a.yaml": "server:\n  image: {tag: good}\nconfigmapReload:\n  image: {tag: nope}\n",
    };
    const wanted = { app: "prometheus", keys: ["image.tag"], values: ["nope"] };
    expect(await found(files, wanted)).toBe("a.yaml:4:16 nope}");
  });

  test("is another app's only when no app is named", async () => {
    expect(await found(twoFiles, { app: "grafana", keys: ["image.tag"] })).toBe(undefined);
    expect(await found(twoFiles, { keys: ["image.tag"] })).toMatch(/^ops\/late.yaml:3:41 /);
  });

  test("is found in what the file says of the app itself", async () => {
    const files = { "monstack.yaml": "apps:\n  prometheus:\n    version: 1.2.3\n" };
    expect(await found(files, { app: "prometheus", keys: ["version"] })).toBe(
      "monstack.yaml:3:5 version: 1.2.3",
    );
  });

  test("that only monstack's default apps set has no place", async () => {
    expect(await found({}, { app: "prometheus", keys: ["prometheus-pushgateway.enabled"] })).toBe(undefined);
  });
});

describe("a value that is to blame", () => {
  test("is found whatever its key, in quotes or not", async () => {
    expect(await found(twoFiles, { values: ["v9.9.9"] })).toBe('ops/late.yaml:3:46 "v9.9.9" }');
    expect(await found(twoFiles, { values: ["15d"] })).toBe("ops/base.yaml:2:14 15d");
  });

  test("is found as it was written, not only as YAML reads it", async () => {
    const files = {
      "monstack.yaml": "apps: {grafana: {values: {image: {tag: 1.10}, replicas: 3}}}\n",
    };
    expect(await found(files, { values: ["1.10"] })).toBe("monstack.yaml:1:40 1.10}, replicas: 3}}}");
    expect(await found(files, { values: ["3"] })).toBe("monstack.yaml:1:57 3}}}");
    expect(await found(files, { values: ["1.1"] })).toBe("monstack.yaml:1:40 1.10}, replicas: 3}}}");
  });
});

describe("anchors", () => {
  const files = {
    "monstack.yaml": `apps:
  prometheus:
    values:
      - &common
        image: &image
          tag: nope
        resources: {limits: {cpu: 1}}
  grafana:
    values:
      - *common
      - sidecar:
          image: *image
        init:
          <<: {pull: Always, when: late}
          pull: Never
`,
  };

  test("what comes from one stands where it was written", async () => {
    expect(await found(files, { app: "grafana", keys: ["sidecar.image.tag"] })).toBe(
      "monstack.yaml:6:11 tag: nope",
    );
    expect(await inValues(files, "grafana", ["resources", "limits", "cpu"])).toBe("monstack.yaml:7:35 1}}");
  });

  test("merged mappings count as far as they aren't set beside", async () => {
    expect(await inValues(files, "grafana", ["init", "when"], { what: "key" })).toBe(
      "monstack.yaml:14:30 when: late}",
    );
    expect(await inValues(files, "grafana", ["init", "pull"])).toBe("monstack.yaml:15:17 Never");
    expect(await found(files, { app: "grafana", values: ["late"] })).toBe("monstack.yaml:14:36 late}");
    expect(await found(files, { app: "grafana", values: ["Always"] })).toBe(undefined);
  });

  test("aliases of aliases are no endless tree", () => {
    const rows = Array.from(
      { length: 30 },
      (_, i) => `a${i}: &a${i} [${i > 0 ? `*a${i - 1}, *a${i - 1}` : "x"}]`,
    );
    const read = readYaml(rows.join("\n"));
    expect(read.errors).toMatchObject([{ problem: expect.stringMatching(/Excessive alias count/) }]);
    expect(read.entries()).toEqual([]);
  });
});

describe("what has the same name as an app", () => {
  const files = {
    "app.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\n",
    "monstack.yaml": `apps:
  ferry: {manifests: [app.yaml]}
  prometheus:
    depends_on: [ferry]
    values:
      - extraScrapeConfigs: |
          - job_name: bus
            scrape_timeout: 9s
            metric_relabel_configs: []
          - job_name: ferry
            scrape_timeout: 20s
            static_configs: [{ targets: ['ferry.harbour.svc:9091'] }]
            metric_relabel_configs: []
`,
  };

  test("is found in its job, also in a text that is YAML, and not where another app depends on it", async () => {
    expect(await found(files, { keys: ["scrape_timeout"], values: ["ferry"] })).toBe(
      "monstack.yaml:11:13 scrape_timeout: 20s",
    );
    expect(await found(files, { keys: ["metric_relabel_configs"], values: ["ferry"] })).toBe(
      "monstack.yaml:13:13 metric_relabel_configs: []",
    );
    expect(await found(files, { keys: ["scheme"], values: ["ferry"] })).toBe("monstack.yaml:10:23 ferry");
    expect(
      await found(
        {
          ...files,
          "monstack.yaml": `apps:
  ferry: {manifests: [app.yaml]}
  prometheus: {depends_on: [ferry]}
`,
        },
        { values: ["ferry"] },
      ),
    ).toBeUndefined();
  });

  test("is found below a key of that name", async () => {
    const named = {
      "monstack.yaml":
        "apps:\n  prometheus:\n    values:\n      scrapeConfigs:\n        bus: {scheme: http}\n        ferry: {scheme: https}\n",
    };
    expect(await found(named, { keys: ["scheme"], values: ["ferry"] })).toBe(
      "monstack.yaml:6:17 scheme: https}",
    );
  });

  test("is found in Alertmanager's configuration, where it is defined", async () => {
    const routes = {
      "monstack.yaml":
        "alerting: {config: am.yaml}\napps: {crew: {manifests: [app.yaml]}, prometheus: {depends_on: [crew]}}\n",
      "app.yaml": files["app.yaml"],
      "am.yaml": "route: {receiver: crew}\nreceivers:\n  - name: crew\n",
    };
    expect(await found(routes, { keys: ["receivers.name"], values: ["crew"] })).toBe("am.yaml:3:11 crew");
  });

  test("is found in the document of its manifest, and a key of another is no place", async () => {
    const manifests = {
      "monstack.yaml": "apps: {boats: {manifests: [boats.yaml]}}\n",
      "boats.yaml": `# two of them
apiVersion: v1
kind: Service
metadata: { name: ferry, labels: { app: ferry } }
spec: { type: LoadBalancer }
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: boats, labels: { team: crew } }
`,
    };
    const wanted = { keys: ["ruleSelector"], values: ["boats"], otherwise: ["metadata.labels"] };
    expect(await found(manifests, wanted)).toBe("boats.yaml:9:26 labels: { team: crew } }");
    const selecting = {
      ...manifests,
      "monstack.yaml": `${manifests["monstack.yaml"].replace(/}\n$/, "")}, prometheus: {values: {ruleSelector: {}}}}\n`,
    };
    expect(await found(selecting, wanted)).toMatch(/^monstack.yaml:1:.* ruleSelector: \{\}/);
    expect(await found(manifests, { keys: ["type"], values: ["LoadBalancer"] })).toBe(
      "boats.yaml:5:15 LoadBalancer }",
    );
    expect(await found(manifests, { keys: ["labels"] })).toBeUndefined();
    expect(await found(manifests, { keys: ["labels"], values: ["elsewhere"] })).toBeUndefined();
  });

  test("is found in a rule file", async () => {
    const rule = (name: string) =>
      `      - alert: ${name}\n        expr: up\n        annotations: {summary: s}\n`;
    const rules = {
      "monstack.yaml": "rules: [rules.yaml]\n",
      "rules.yaml": `groups:\n  - name: crew\n    rules:\n${rule("Near")}${rule("Away")}`,
    };
    expect(await found(rules, { keys: ["annotations.summary"], values: ["Away"] })).toBe(
      "rules.yaml:9:23 summary: s}",
    );
  });
});

describe("a path in an app's values", () => {
  const expr = ["serverFiles", "alerting_rules.yml", "groups", 0, "rules", 0, "expr"];

  test("leads to the key or to the value", async () => {
    expect(await inValues(twoFiles, "prometheus", expr, { what: "key" })).toBe("ops/late.yaml:10:13 expr: |");
    expect(await inValues(twoFiles, "prometheus", expr)).toBe("ops/late.yaml:10:19 |");
    expect(await inValues(twoFiles, "prometheus", ["server", "retention"])).toBe(
      "monstack.yaml:7:29 2d}   # the last word",
    );
    expect(await inValues(twoFiles, "prometheus", [...expr, "nothing"])).toBe(undefined);
  });

  test("leads to a character of a text of several lines", async () => {
    const character = "node_filesystem_avail_bytes\n  / ".length;
    expect(await inValues(twoFiles, "prometheus", expr, { character })).toBe(
      "ops/late.yaml:12:19 node_filesystem_size < 0.1",
    );
  });

  test.each([
    ["plain", "up == one", "v.yaml:1:10 one"],
    ["in quotes", '"up == one"', 'v.yaml:1:11 one"'],
    ["with escapes", '"\\u0075p == one"', 'v.yaml:1:16 one"'],
    ["folded", ">\n  up ==\n  one", "v.yaml:3:3 one"],
    ["a block with a comment at its head", "|- # why\n    up == one", "v.yaml:2:11 one"],
  ])("leads to a character of a text: %s", async (_, text, place) => {
    const files = { "monstack.yaml": "apps: {grafana: {values: v.yaml}}\n", "v.yaml": `e: ${text}\n` };
    expect(await inValues(files, "grafana", ["e"], { character: 6 })).toBe(place);
  });

  test("values that are one mapping, not a list", async () => {
    const files = { "monstack.yaml": "apps:\n  grafana:\n    values:\n      persistence: {size: 1Gi}\n" };
    expect(await inValues(files, "grafana", ["persistence", "size"])).toBe("monstack.yaml:4:27 1Gi}");
  });
});

describe("a place in the configuration file", () => {
  const text = "namespace: here\ngrafana:\n  password: s3cret-enough\n";

  test("of a setting that came from it", async () => {
    await using folder = await inFolder({ "monstack.yaml": text });
    const loaded = await folder.load();
    expect(shown(loaded, placeOfSetting(loaded, "grafana-password"))).toBe(
      "monstack.yaml:3:13 s3cret-enough",
    );
    expect(placeOfSetting(loaded, "grafana-user")).toBe(undefined);
    expect(shown(loaded, placeInFile(loaded, ["grafana", "password"], "key"))).toMatch(/^monstack.yaml:3:3 /);
    const wanted = { app: undefined, keys: ["grafana.password"], values: [] };
    expect(shown(loaded, locate(loaded, wanted))).toMatch(/^monstack.yaml:3:3 /);
  });

  test("none for a setting that an input overrode, or without a file", async () => {
    await using folder = await inFolder({ "monstack.yaml": text });
    const loaded = await folder.load({ inputs: { "grafana-password": "another-one" } });
    expect(placeOfSetting(loaded, "grafana-password")).toBe(undefined);
    await using empty = await inFolder({});
    expect(placeInFile(await empty.load(), ["namespace"])).toBe(undefined);
  });

  test("a file outside the working folder is named whole", async () => {
    await using elsewhere = await inFolder({ "v.yaml": "a: 1\n" });
    const values = `${elsewhere.cwd}/v.yaml`;
    await using folder = await inFolder({ "monstack.yaml": `apps: {grafana: {values: ${values}}}\n` });
    const loaded = await folder.load();
    expect(placeInValues(loaded, "grafana", ["a"])).toEqual({ file: values, line: 1, column: 4 });
  });
});

test.each([
  [
    "set: {server.retention: 30d, nodeExporter.enabled: true}",
    ["nodeExporter"],
    "monstack.yaml:3:34 nodeExporter",
  ],
  ['set: ["a=1", "server.retention=30d"]', ["server", "retention"], 'monstack.yaml:3:18 "server.retention'],
])("what is set over all values stands where it is set: %s", async (line, path, place) => {
  const files = {
    "monstack.yaml": `apps:\n  prometheus:\n    ${line}\n    values: [{server: {retention: 1d}, nodeExporter: {}}]\n`,
  };
  expect(await inValues(files, "prometheus", path, { what: "key" })).toContain(place);
});
