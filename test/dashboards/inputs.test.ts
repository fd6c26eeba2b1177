import { describe, expect, test } from "vitest";
import { fillInputs } from "../../src/dashboards/inputs.ts";

const input = (name: string, more: object = {}) => ({
  name,
  type: "datasource",
  pluginId: "prometheus",
  ...more,
});
const fill = (model: Record<string, unknown>, given: Record<string, string> = {}) =>
  fillInputs(model, { prometheus: "prom-uid", given });

describe("a dashboard's inputs", () => {
  test("that want a Prometheus get the stack's, whatever they are called and wherever they stand", () => {
    const filled = fill({
      __inputs: [input("DS_THEMIS")],
      __requires: [{ type: "grafana" }],
      id: 12,
      uid: "abc",
      rows: [{ panels: [{ datasource: `\${DS_THEMIS}`, targets: [{ expr: `up{x='\${DS_THEMIS}'}` }] }] }],
      templating: { list: [{ name: "node", datasource: { type: "prometheus", uid: `\${DS_THEMIS}` } }] },
      annotations: { list: [{ datasource: "-- Grafana --" }] },
    });
    expect(filled).toEqual({
      model: {
        uid: "abc",
        rows: [{ panels: [{ datasource: "prom-uid", targets: [{ expr: "up{x='prom-uid'}" }] }] }],
        templating: { list: [{ name: "node", datasource: { type: "prometheus", uid: "prom-uid" } }] },
        annotations: { list: [{ datasource: "-- Grafana --" }] },
      },
    });
  });

  test("that are constants keep their value, and the user's word goes over both", () => {
    const constant = { name: "VAR_X", type: "constant", value: "usual" };
    const model = { __inputs: [constant, input("DS_A")], title: `\${VAR_X} \${DS_A}` };
    expect(fill(model)).toEqual({ model: { title: "usual prom-uid" } });
    expect(fill(model, { VAR_X: "mine", DS_A: "other" })).toEqual({ model: { title: "mine other" } });
  });

  test("of another kind are told, and so are values for inputs that it hasn't", () => {
    const loki = input("DS_LOKI", { pluginId: "loki" });
    expect(fill({ __inputs: [loki] })).toEqual({
      problems: [
        "its input DS_LOKI wants a datasource of type loki, and this stack has none: name one with inputs: { DS_LOKI: ... }",
      ],
    });
    expect(fill({ __inputs: [loki] }, { DS_LOKI: "x", DS_PROM: "y" })).toEqual({
      problems: ["it has no input DS_PROM; it has DS_LOKI"],
    });
  });

  test("that an edited export lost are filled in, unless they are variables of its own", () => {
    expect(fill({ title: `\${DS_PROMETHEUS} \${node} \${DS_LOKI}` })).toEqual({
      model: { title: `prom-uid \${node} \${DS_LOKI}` },
    });
    const variable = { templating: { list: [{ name: "DS_PROMETHEUS" }] }, title: `\${DS_PROMETHEUS}` };
    expect(fill(variable)).toEqual({ model: variable });
  });
});
