import { describe, expect, it } from "vitest";
import { matches } from "../../src/alerting/matchers.ts";
import { isSecretField } from "../../src/alerting/secrets.ts";
import { credentials } from "../../src/config/registries/credentials.ts";
import { importDashboard } from "../../src/dashboards/import.ts";
import { ownValue } from "../../src/lib/own.ts";
import { fileName } from "../../src/sources/web/download.ts";
import { mirroredOci } from "../../src/sources/web/mirrors.ts";
import { readYaml } from "../../src/yaml/read.ts";

/** What every object has without being asked. */
const inherited = ["constructor", "toString", "__proto__", "hasOwnProperty"];

describe.each(inherited)("%s is a name as any other", (name) => {
  it("of a key", () => {
    expect(ownValue({}, name)).toBeUndefined();
    expect(ownValue({ [name]: "x" }, name)).toBe("x");
  });

  it("of a chart's registry", () => {
    expect(mirroredOci(`oci://${name}/charts/x`, {})).toEqual({
      url: `oci://${name}/charts/x`,
      plainHttp: false,
    });
  });

  it("of a label", () => {
    expect(matches({ label: name, op: "=~", value: "" }, {})).toBe(true);
    expect(matches({ label: name, op: "=", value: "x" }, { [name]: "x" })).toBe(true);
  });

  it("of a field, a variable and a dashboard's input", () => {
    expect(isSecretField([name], "x")).toBe(false);
    const base = { folder: "/", home: undefined, env: {} };
    const login = credentials({ username: "u", password: `\${${name}}` }, base, "registry");
    expect(login).toHaveProperty(
      "problems.0.text",
      expect.stringContaining(`the environment has no ${name}`),
    );
    const file = {
      title: "x",
      panels: [{ title: `\${${name}}` }],
      __inputs: [{ name, type: "constant", value: "given" }],
    };
    const options = { inputs: {}, mayNameOthers: true, datasources: [], fallbackUid: "x" };
    expect(importDashboard(file, options)).toMatchObject({ model: { panels: [{ title: "given" }] } });
  });
});

it("a YAML text can't change what all objects are made of", () => {
  expect(readYaml("a: 1\nb:\n  __proto__: {c: 1}\n").errors).toEqual([
    { position: "3:3", problem: expect.stringContaining("__proto__ can't be a key") },
  ]);
});

it("a percent sign in an address needs no digits after it", () => {
  expect(fileName("https://charts.example/a%zz.tgz")).toBe("a%zz.tgz");
  expect(fileName("https://charts.example/a%20b.tgz")).toBe("a b.tgz");
});
