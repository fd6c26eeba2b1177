import { describe, expect, it } from "vitest";
import { allRules } from "../../src/diagnose/catalogue.ts";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { Cause, DiagnosisRule } from "../../src/diagnose/rule.ts";
import type { Layer } from "../../src/failures/failure.ts";
import { evidence, failing } from "./rules/evidence.ts";

function rule(id: string, layer: Layer, ...found: Partial<Cause>[]): DiagnosisRule {
  const common = {
    how: ["seen"],
    fix: "Fix it.",
    sureness: "certain" as const,
    explains: [],
    blame: undefined,
  };
  const all = found.map((one) => ({ ...common, what: `${id} is broken`, ...one }));
  return { id, layer, title: id, evidence: "", find: () => all };
}

const checks = [failing("targets-up"), failing("grafana-query")];
const ids = (rules: readonly DiagnosisRule[], from = evidence({ checks })) =>
  diagnose(from, rules).map(({ id }) => id);
const both = { explains: ["targets-up", "grafana-query"] };

describe("the order of causes", () => {
  it("is by how sure they are, then by how deep they lie", () => {
    const rules = [
      rule("guess", "configuration", { ...both, sureness: "possible" }),
      rule("top", "grafana", { explains: ["grafana-query"] }),
      rule("deep", "prometheus", { explains: ["targets-up"] }),
      rule("likely", "host", { ...both, sureness: "likely" }),
    ];
    expect(ids(rules)).toEqual(["deep", "top", "likely", "guess"]);
  });

  it("has what explains only warnings behind what explains errors", () => {
    const from = evidence({
      checks: [failing("retention", { status: "warn", severity: "warning" }), ...checks],
    });
    const rules = [
      rule("minor", "configuration", { explains: ["retention"] }),
      rule("major", "grafana", { ...both, sureness: "likely" }),
    ];
    expect(ids(rules, from)).toEqual(["major", "minor"]);
  });

  it("has what explains nothing that failed last", () => {
    const rules = [rule("guess", "host", { sureness: "possible" })];
    expect(ids(rules)).toEqual(["check-failed", "check-failed", "guess"]);
  });
});

describe("a consequence", () => {
  it("of something deeper that is certain is left out", () => {
    const rules = [rule("pod", "workload", both), rule("target", "targets", { explains: ["targets-up"] })];
    expect(ids(rules)).toEqual(["pod"]);
  });

  it.each([
    ["what the deeper one does not explain", rule("pod", "workload", { explains: ["grafana-query"] })],
    ["something deeper that is only likely", rule("pod", "workload", { ...both, sureness: "likely" })],
    ["a setting, which breaks nothing below it", rule("pod", "configuration", both)],
  ])("near miss: %s", (_, deeper) => {
    const target = rule("target", "targets", { explains: ["targets-up"], sureness: "likely" });
    expect(ids([deeper, target])).toContain("target");
  });

  it("near miss: what is deeper, if less sure", () => {
    const rules = [rule("pod", "workload", both), rule("node", "host", { ...both, sureness: "likely" })];
    expect(ids(rules)).toEqual(["pod", "node"]);
  });

  it("near miss: a crash whose reason is only likely", () => {
    const rules = [
      rule("crash", "workload", { what: "Deployment monitoring/grafana: it ends", sureness: "likely" }),
      rule("guess", "grafana", { how: ["Deployment monitoring/grafana reports: no"], sureness: "likely" }),
    ];
    expect(ids(rules, evidence({ failure: { message: "no", workloads: [] } }))).toEqual(["crash", "guess"]);
  });

  it.each([
    [
      "a pod",
      "CrashLoopBackOff, pod prometheus-server-1: exit code 1",
      "the log of container x of pod monitoring/prometheus-server-1 reports: no",
    ],
    ["a workload", "CrashLoopBackOff: exit code 1", "Deployment monitoring/prometheus-server reports: no"],
  ])("a crash is none of its own when the reason is known, by %s", (_, crashed, told) => {
    const rules = [
      rule("crash", "workload", {
        what: "Deployment monitoring/prometheus-server: it ends",
        how: [crashed],
        sureness: "likely",
      }),
      rule("config", "grafana", { how: [told] }),
    ];
    expect(ids(rules, evidence({ failure: { message: "no", workloads: [] } }))).toEqual(["config"]);
  });

  it("near miss: the crash of another pod", () => {
    const rules = [
      rule("crash", "workload", {
        what: "Deployment monitoring/grafana: it ends",
        how: ["pod grafana-1: exit code 1"],
        sureness: "likely",
      }),
      rule("config", "configuration", { how: ["pod monitoring/prometheus-server-1 reports: no"] }),
    ];
    expect(ids(rules, evidence({ failure: { message: "no", workloads: [] } }))).toEqual(["config", "crash"]);
  });
});

describe("the same cause", () => {
  it("found twice is told once, for all that it explains", () => {
    const rules = [
      rule("one", "targets", { what: "x is down", explains: ["targets-up"] }),
      rule("two", "grafana", { what: "x is down", explains: ["grafana-query"] }),
    ];
    const [first, ...others] = diagnose(evidence({ checks }), rules);
    expect(first).toMatchObject({ id: "one", explains: ["targets-up", "grafana-query"] });
    expect(others).toEqual([]);
  });
});

describe("what no rule explains", () => {
  it("is told in the check's own words", () => {
    const red = [failing("targets-up", { cause: "it is Monday", fix: "Wait." })];
    expect(diagnose(evidence({ checks: red }), [])).toMatchObject([
      {
        id: "check-failed",
        what: expect.stringContaining("it is Monday"),
        fix: "Wait.",
        explains: ["targets-up"],
      },
    ]);
  });

  it("is told of a check that could not be made", () => {
    const times = { startedAt: "", endedAt: "", attempts: 1 };
    const error = {
      id: "own/x",
      title: "X",
      severity: "error",
      status: "error",
      error: "no answer",
      fix: "Ask.",
      ...times,
    } as const;
    expect(diagnose(evidence({ checks: [error] }), [])[0]?.what).toContain("no answer");
  });

  it("is not told of warnings, and of what a cause explains", () => {
    expect(ids([], evidence({ checks: [failing("x", { status: "warn", severity: "warning" })] }))).toEqual(
      [],
    );
    expect(ids([rule("a", "targets", both)])).toEqual(["a"]);
  });

  it("is the failure that ended the run, before any guess", () => {
    const failure = { message: "the cache is broken\nline 2", fix: "Empty it.", workloads: [] };
    const found = diagnose(evidence({ failure }), [rule("guess", "host", { sureness: "possible" })]);
    expect(found).toMatchObject([
      { id: "run-failed", what: "the cache is broken", how: ["line 2"], fix: "Empty it." },
      { id: "guess" },
    ]);
  });
});

describe("the catalogue", () => {
  it("has each id once", () => {
    const twice = allRules.map(({ id }) => id).filter((id, index, all) => all.indexOf(id) !== index);
    expect(twice).toEqual([]);
    expect(allRules.map(({ id }) => id).filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  it("says of each what it is and how it is known", () => {
    expect(allRules.filter(({ title, evidence: known }) => title.length < 10 || known.length < 10)).toEqual(
      [],
    );
  });

  it("finds nothing where nothing is known", () => {
    expect(diagnose(evidence())).toEqual([]);
  });
});
