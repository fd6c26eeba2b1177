import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { ownOutputs } from "../../src/action/github-cache.ts";
import { readPublishInputs } from "../../src/action/publish-inputs.ts";
import { readInputs } from "../../src/action/step-data.ts";
import { outputNames } from "../../src/app/outputs.ts";
import { environmentSettings } from "../../src/config/load/layers.ts";
import { setInputs } from "../../src/config/set/lines.ts";
import { inputSettings, overrides, settings } from "../../src/config/settings.ts";

interface Described {
  readonly description: string;
  readonly default?: string;
}
interface ActionFile {
  readonly inputs: Readonly<Record<string, Described>>;
  readonly outputs: Readonly<Record<string, Described>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post: string };
}

interface Types {
  readonly inputs: Readonly<Record<string, TypeOfOne>>;
  readonly outputs: Readonly<Record<string, TypeOfOne>>;
}
interface TypeOfOne {
  readonly type: string;
  readonly "allowed-values"?: readonly string[];
  readonly separator?: string;
  readonly "list-item"?: { readonly type: string };
}

const root = join(import.meta.dirname, "../..");
const action = parse(readFileSync(join(root, "action.yml"), "utf8")) as ActionFile;
const ownInputs = ["mode", "config", "teardown", "upload-report", "comment", "token"];

describe("action.yml", () => {
  it("has an input for each setting that workflows vary, those that hold several settings, and its own", () => {
    const names = [...ownInputs, ...setInputs, ...inputSettings];
    expect(Object.keys(action.inputs).sort()).toEqual(names.sort());
  });

  it("leaves no setting out: what is no input is a key of the file, or a variable of the environment", () => {
    const others = overrides.map(({ name }) => name).filter((name) => !inputSettings.includes(name));
    const withoutKey = others.filter((name) => settings[name].inFile === undefined);
    expect(withoutKey).toEqual(["state-dir"]);
    expect(environmentSettings.map(([name]) => name)).toContain("state-dir");
  });

  it("has the outputs that the action sets, in their order", () => {
    expect(Object.keys(action.outputs)).toEqual([...outputNames, ...ownOutputs]);
  });

  it("describes each of them in sentences", () => {
    for (const [name, { description }] of Object.entries({ ...action.inputs, ...action.outputs }))
      expect(description, name).toMatch(/^.{10,}\.$/);
  });

  // A default as the runner knows it would win over the file: the runner hands it over like a user's value.
  it("leaves the settings' defaults to the configuration, and tells them", () => {
    for (const { name, default: byDefault } of overrides.filter((one) => inputSettings.includes(one.name))) {
      const { description = "", default: runners } = action.inputs[name] ?? {};
      expect(runners, name).toBeUndefined();
      const told = /Default:? (.+)\.$/.exec(description)?.[1]?.replaceAll("`", "");
      expect(told, name).toBe(byDefault === "" ? undefined : byDefault);
    }
  });

  it("has for its own inputs the defaults that the code has", () => {
    const unset = Object.keys(process.env).filter((name) => name.startsWith("INPUT_"));
    expect(unset).toEqual([]);
    const { mode, teardown, config } = readInputs();
    expect([action.inputs["mode"]?.default, action.inputs["teardown"]?.default]).toEqual([
      mode,
      `${teardown}`,
    ]);
    expect([action.inputs["config"]?.default, config]).toEqual([undefined, undefined]);
    const { uploadReport, comment, token } = readPublishInputs();
    expect([action.inputs["upload-report"]?.default, action.inputs["comment"]?.default]).toEqual([
      uploadReport,
      `${comment}`,
    ]);
    expect(action.inputs["token"]?.default).toMatch(/^\$\{\{ github\.token \}\}$/);
    expect(token).toBe("");
  });

  it("has types for tools, in the format of typesafegithub/github-actions-typing", () => {
    const types = parse(readFileSync(join(root, "action-types.yml"), "utf8")) as Types;
    expect(Object.keys(types.inputs)).toEqual(Object.keys(action.inputs));
    expect(Object.keys(types.outputs)).toEqual(Object.keys(action.outputs));
    const known = ["string", "boolean", "integer", "float", "enum", "list"];
    for (const [name, one] of Object.entries({ ...types.inputs, ...types.outputs })) {
      expect(known, name).toContain(one.type);
      expect(one["allowed-values"] !== undefined, name).toBe(one.type === "enum");
      expect(one.separator !== undefined && one["list-item"] !== undefined, name).toBe(one.type === "list");
    }
    expect(types.inputs["profile"]).toEqual({
      type: "enum",
      "allowed-values": ["ci", "as-is", "production"],
    });
    expect(types.inputs["teardown"]).toEqual({ type: "boolean" });
    expect(types.inputs["apps"]).toEqual({ type: "list", separator: ",", "list-item": { type: "string" } });
  });

  it("runs files that the bundle has", () => {
    expect(action.runs.using).toBe("node24");
    for (const file of [action.runs.main, action.runs.post])
      expect(existsSync(join(root, file)), file).toBe(true);
  });
});

describe("an input that was removed", () => {
  const given = (name: string, text: string) => {
    vi.stubEnv(`INPUT_${name.toUpperCase()}`, text);
    try {
      return readInputs();
    } finally {
      vi.unstubAllEnvs();
    }
  };

  it.each([
    ["retention", "30d", "`retention: 30d`"],
    ["verify-at-end", "true", "`verify.at-end: true`"],
    ["grafana-port", "3001", '`ports.grafana: "3001"`'],
    ["skip", "grafana-*=not ours", "`verify.skip: [ grafana-*=not ours ]`"],
    ["storage", "prometheus=50Gi", "`storage: { prometheus: 50Gi }`"],
    ["grafana-password", "s3cret", "`grafana.password: ...`"],
    ["k3s-args", "--token s3cret", "`k3s.args: ...`"],
  ])("%s is refused with its line in set, without a secret", (name, text, line) => {
    expect(() => given(name, text)).toThrow(
      `input ${name}: was removed; expected instead: the line ${line} of the input set`,
    );
    expect(() => given(name, text)).not.toThrow("s3cret");
  });

  it("is refused for the state folder with its variable, which no file may set", () => {
    expect(() => given("state-dir", "/x")).toThrow(
      "input state-dir: was removed; expected instead: the environment variable MONSTACK_STATE_DIR",
    );
  });
});
