import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listSettingNames, settings } from "../../src/config/settings.ts";
import { inFolder } from "../config/in-folder.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/configuration.md"), "utf8");
const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? "";

describe("the documentation", () => {
  it("that is made from the code is current", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/generate-docs.ts", "--check"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});

describe("the example of docs/configuration.md", () => {
  const values = {
    "prometheus-values.yaml": "server: {retention: 15d}\n",
    "custom-rules.yaml": "groups: []\n",
    "alertmanager-config.yaml": "receivers: [{name: nobody}]\n",
  };

  it("is a configuration without a mistake, in which every comment on a default is true", async () => {
    await using folder = await inFolder({ ...values, "monstack.yaml": example });
    const { config, warnings } = await folder.load();
    await using empty = await inFolder({});
    const { config: defaults } = await empty.load();
    expect(warnings).toEqual([]);
    expect(config.ports).toEqual(defaults.ports);
    expect(config.timeouts).toEqual(defaults.timeouts);
    expect(config.stateDir).toBe(defaults.stateDir);
    expect(config.apps["exporter"]).toMatchObject({
      release: "acme-exporter",
      dependsOn: [{ app: "prometheus", until: "ready" }],
      timeoutMs: 120_000,
    });
  });

  it("shows every key of the file", () => {
    for (const name of listSettingNames())
      for (const key of settings[name].inFile ?? []) expect(example, name).toMatch(new RegExp(`\\b${key}:`));
  });

  it("is right in what it shows commented out, too", async () => {
    const other = example
      .replace(/^# cluster:/m, "cluster:")
      .replace(/^helm: .*$/m, "helm: { path: ./bin/helm }");
    await using folder = await inFolder({ ...values, "monstack.yaml": other });
    const { config } = await folder.load();
    expect(config.cluster).toMatchObject({ kind: "existing", kubeconfig: "/home/ann/.kube/config" });
    expect(config.helm.path).toBe(join(folder.cwd, "bin/helm"));
  });
});
