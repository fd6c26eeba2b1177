import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ownOutputs } from "../../src/action/github-cache.ts";
import { readInputs } from "../../src/action/step-data.ts";
import { outputNames } from "../../src/app/outputs.ts";
import { overrides } from "../../src/config/settings.ts";

interface Described {
  readonly description: string;
  readonly default?: string;
}
interface ActionFile {
  readonly inputs: Readonly<Record<string, Described>>;
  readonly outputs: Readonly<Record<string, Described>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post: string };
}

const root = join(import.meta.dirname, "../..");
const action = parse(readFileSync(join(root, "action.yml"), "utf8")) as ActionFile;
const ownInputs = ["mode", "config", "teardown"];

describe("action.yml", () => {
  it("has an input for each setting, and its own three", () => {
    const names = [...ownInputs, ...overrides.map(({ name }) => name)];
    expect(Object.keys(action.inputs).sort()).toEqual(names.sort());
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
    for (const { name, default: byDefault } of overrides) {
      const { description = "", default: runners } = action.inputs[name] ?? {};
      expect(runners, name).toBeUndefined();
      const told = /Default:? (.+)\.$/.exec(description)?.[1]?.replaceAll("`", "");
      expect(told, name).toBe(byDefault === "" ? undefined : byDefault);
    }
  });

  it("has for mode and teardown the defaults that the code has", () => {
    const unset = Object.keys(process.env).filter((name) => name.startsWith("INPUT_"));
    expect(unset).toEqual([]);
    const { mode, teardown, config } = readInputs();
    expect([action.inputs["mode"]?.default, action.inputs["teardown"]?.default]).toEqual([
      mode,
      `${teardown}`,
    ]);
    expect([action.inputs["config"]?.default, config]).toEqual([undefined, undefined]);
  });

  it("runs files that the bundle has", () => {
    expect(action.runs.using).toBe("node24");
    for (const file of [action.runs.main, action.runs.post])
      expect(existsSync(join(root, file)), file).toBe(true);
  });
});
