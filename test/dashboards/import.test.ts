// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importDashboard } from "../../src/dashboards/import.ts";

const prometheus = { uid: "prom-uid", name: "Prometheus", type: "prometheus", isDefault: true };
const loki = { uid: "loki-uid", name: "Logs", type: "loki", isDefault: false };

function imported(file: unknown, options: Partial<Parameters<typeof importDashboard>[1]> = {}) {
  return importDashboard(file, {
    inputs: {},
    mayNameOthers: false,
    datasources: [prometheus],
    fallbackUid: "made-up",
    ...options,
  });
}

function whole(file: unknown, options: Partial<Parameters<typeof importDashboard>[1]> = {}) {
  const one = imported(file, options);
  if ("problems" in one) throw new Error(one.problems.join("; "));
  return one;
}

function input(name: string, pluginId: string) {
  return { name, label: name, type: "datasource", pluginId };
}

const panel = (more: Record<string, unknown> = {}) => ({ id: 1, type: "stat", title: "Up", ...more });
const ref = { type: "prometheus", uid: "prom-uid" };

describe("the inputs of an export", () => {
  it.each(["315", "1860", "3662", "6417"])("are filled in, in dashboard %s of grafana.com", (id) => {
    const file = join(import.meta.dirname, `../../lab/dashboards/${id}.json`);
    const one = whole(JSON.parse(readFileSync(file, "utf8")));
    expect(JSON.stringify(one.model)).not.toMatch(/\$\{DS_|__inputs|__requires/);
    expect(one).toMatchObject({ uid: `lab-${id}`, changes: [] });
    expect(one.panels).toBeGreaterThan(3);
  });

  it("are found by their type, whatever they are called, in panels, queries, variables and annotations", () => {
    const { model } = whole({
      title: "x",
      uid: "x",
      id: 7,
      __inputs: [input("DS_THEMIS", "prometheus")],
      __requires: [{ type: "panel", id: "stat" }],
      annotations: { list: [{ name: "a", datasource: "${DS_THEMIS}" }] },
      templating: { list: [{ name: "node", type: "query", datasource: "${DS_THEMIS}" }] },
      panels: [
        panel({
          datasource: { type: "prometheus", uid: "${DS_THEMIS}" },
          targets: [{ refId: "A", expr: "up", datasource: { uid: "${DS_THEMIS}" } }],
        }),
      ],
    });
    expect(model).toEqual({
      title: "x",
      uid: "x",
      annotations: { list: [{ name: "a", datasource: ref }] },
      templating: { list: [{ name: "node", type: "query", datasource: ref }] },
      panels: [panel({ datasource: ref, targets: [{ refId: "A", expr: "up", datasource: ref }] })],
    });
  });

  it("that nobody declared are filled in too", () => {
    const { model } = whole({ title: "x", panels: [panel({ datasource: "${DS_PROM}" })] });
    expect(model["panels"]).toEqual([panel({ datasource: ref })]);
  });

  it("are left alone where they are variables", () => {
    const variable = { name: "DS_PROM", type: "datasource", query: "prometheus" };
    const file = {
      title: "x",
      templating: { list: [variable] },
      panels: [panel({ datasource: "${DS_PROM}" })],
    };
    expect(whole(file).model["panels"]).toEqual(file.panels);
  });

  it("that are constants get their value, or the one that is given", () => {
    const file = {
      title: "x",
      __inputs: [{ name: "VAR_JOB", type: "constant", value: "node" }],
      panels: [panel({ targets: [{ refId: "A", expr: 'up{job="${VAR_JOB}"}' }] })],
    };
    expect(JSON.stringify(whole(file).model)).toContain('job=\\"node\\"');
    expect(JSON.stringify(whole(file, { inputs: { VAR_JOB: "x" } }).model)).toContain('job=\\"x\\"');
  });

  it("of another kind need a datasource of that kind", () => {
    const file = {
      title: "x",
      __inputs: [input("DS_LOKI", "loki")],
      panels: [panel({ datasource: { type: "loki", uid: "${DS_LOKI}" } })],
    };
    expect(imported(file)).toEqual({
      problems: [
        "its input DS_LOKI wants a datasource of type loki; Grafana's are: Prometheus (prometheus, uid prom-uid). Name one: inputs: {DS_LOKI: UID}",
      ],
    });
    const withLoki = whole(file, { datasources: [prometheus, loki] });
    expect(withLoki.model["panels"]).toEqual([panel({ datasource: { type: "loki", uid: "loki-uid" } })]);
    const byName = whole(file, { inputs: { DS_LOKI: "Logs" }, datasources: [prometheus, loki] });
    expect(byName.model).toEqual(withLoki.model);
  });

  it("may be a datasource that only the user knows of", () => {
    for (const datasource of ["${DS_X}", { type: "loki", uid: "${DS_X}" }]) {
      const { model, changes } = whole(
        { title: "x", panels: [panel({ datasource })] },
        { inputs: { DS_X: "by-sidecar" } },
      );
      expect(JSON.stringify(model["panels"])).toContain('"by-sidecar"');
      expect(changes).toEqual([]);
    }
  });

  it("that compute, and those of the clouds' own Prometheus, are filled in", () => {
    const inputs = [
      input("DS_EXPRESSION", "__expr__"),
      input("DS_AWS", "grafana-amazonprometheus-datasource"),
      { name: "VAR_N", type: "constant", value: 5 },
    ];
    const targets = [{ expr: "up > ${VAR_N}", datasource: { uid: "${DS_AWS}" } }];
    const one = panel({ datasource: { type: "__expr__", uid: "${DS_EXPRESSION}" }, targets });
    expect(whole({ title: "x", __inputs: inputs, panels: [one] }).model["panels"]).toEqual([
      panel({
        datasource: { type: "__expr__", uid: "__expr__" },
        targets: [{ expr: "up > 5", datasource: ref }],
      }),
    ]);
  });

  it("that the dashboard hasn't are a mistake, unless it is one of a folder's", () => {
    const file = { title: "x", panels: [panel({ datasource: "${DS_PROM}" })] };
    expect(imported(file, { inputs: { DS_X: "y" } })).toEqual({
      problems: ["it has no input DS_X; it has DS_PROM"],
    });
    expect(imported(file, { inputs: { DS_X: "y" }, mayNameOthers: true })).toMatchObject({ uid: "made-up" });
  });
});

describe("datasources that a dashboard names", () => {
  const named = (datasource: unknown) => ({ title: "x", panels: [panel({ datasource })] });
  const sourceOf = (file: unknown, datasources = [prometheus]) => {
    const { model, changes } = whole(file, { datasources });
    const [first] = model["panels"] as { datasource: unknown }[];
    return [first?.datasource, changes];
  };

  it("by name become references", () => {
    expect(sourceOf(named("Prometheus"))).toEqual([ref, []]);
  });

  it("of another Grafana become this one's, and it is said", () => {
    const said = ["its datasource PBFA97CFB is not this Grafana's: Prometheus takes its place"];
    expect(sourceOf(named({ type: "prometheus", uid: "PBFA97CFB" }))).toEqual([ref, said]);
  });

  it("stay where it is not clear what is meant", () => {
    const foreign = { type: "prometheus", uid: "PBFA97CFB" };
    const two = [prometheus, { ...prometheus, uid: "other", name: "Other", isDefault: false }];
    expect(sourceOf(named(foreign), two)).toEqual([foreign, []]);
    expect(sourceOf(named({ type: "loki", uid: "x" }))).toEqual([{ type: "loki", uid: "x" }, []]);
  });

  it.each([null, "-- Mixed --", "-- Grafana --", "$datasource", "default"])("are left: %s", (source) => {
    expect(sourceOf(named(source))).toEqual([source, []]);
  });
});

describe("a file that is no export", () => {
  it("of Grafana's API is taken out of its envelope", () => {
    expect(whole({ meta: {}, dashboard: { title: "x", uid: "u", panels: [panel()] } })).toMatchObject({
      uid: "u",
    });
  });

  it("with library panels gets them in place", () => {
    const { model } = whole({
      title: "x",
      __inputs: [input("DS_A", "prometheus")],
      __elements: { lib: { uid: "lib", name: "L", model: { type: "stat", datasource: "${DS_A}" } } },
      panels: [{ id: 3, gridPos: { x: 1 }, libraryPanel: { uid: "lib", name: "L" } }],
    });
    expect(model["panels"]).toEqual([{ id: 3, gridPos: { x: 1 }, type: "stat", datasource: ref }]);
  });

  it.each([
    [{ uid: "a" }, "it has no title"],
    [{ title: "x" }, "it has no panels"],
    [{ title: "x", elements: { a: {} } }, "schema v2"],
  ])("can't be imported: %j", (file, problem) => {
    expect(imported(file)).toEqual({ problems: [expect.stringContaining(problem)] });
  });
});
