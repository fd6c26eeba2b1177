import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../src/kube/manifest.ts";
import type { Stack } from "../../../../src/stack/stack.ts";
import { alertsQuiet } from "../../../../src/verify/checks/rules/alerts-quiet.ts";
import { rangeWindows, recordedValues } from "../../../../src/verify/checks/rules/rule-values.ts";
import { rulesHealthy } from "../../../../src/verify/checks/rules/rules-healthy.ts";
import { faultOf, verdictIn } from "../../open-stack.ts";
import { app, configMap, prometheusYml, rulesYml } from "../../rendered-stack.ts";

const apiVersion = "monitoring.coreos.com/v1";

function prometheus(spec: Record<string, unknown>, kind = "Prometheus"): KubeObject {
  return { apiVersion, kind, metadata: { name: "kps", namespace: "monitoring" }, spec };
}

function rule(labels: Record<string, string>, namespace = "harbour"): KubeObject {
  const rules = [{ alert: "BoatAway", expr: "absent(boat)" }];
  return {
    apiVersion,
    kind: "PrometheusRule",
    metadata: { name: "boats", namespace, labels },
    spec: { groups: [{ name: "boats", rules }] },
  };
}

/** The user's rule beside rules that are in force. */
function withRule(...objects: KubeObject[]): (stack: Stack) => Stack {
  const files = { "prometheus.yml": prometheusYml, "alerting_rules.yml": rulesYml };
  return (stack) => ({
    ...stack,
    rendered: [app("prometheus", [configMap("prometheus-server", files)]), app("boats", objects)],
  });
}

const selective = { ruleSelector: { matchLabels: { release: "kps" } }, ruleNamespaceSelector: {} };

describe("a PrometheusRule that no Prometheus selects", () => {
  it.each([
    [
      "by its labels",
      selective,
      { team: "crew" },
      "PrometheusRule harbour/boats: Prometheus kps takes in only PrometheusRules with release=kps; this one has team=crew",
      "prometheus.prometheusSpec.ruleSelectorNilUsesHelmValues: false",
    ],
    [
      "by its namespace",
      { ruleSelector: {} },
      {},
      "PrometheusRule harbour/boats: Prometheus kps does not look for PrometheusRules in namespace harbour",
      "prometheus.prometheusSpec.ruleNamespaceSelector: {}",
    ],
    [
      "since it selects none",
      {},
      {},
      "PrometheusRule harbour/boats: Prometheus kps has no ruleSelector, so it takes in none",
      "prometheus.prometheusSpec.ruleSelector: {}",
    ],
  ])("is reported at once, with the comparison: %s", async (_, spec, labels, cause, fix) => {
    const verdict = await verdictIn(rulesHealthy, () => {}, withRule(prometheus(spec), rule(labels)));
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "group boats of PrometheusRule boats is not there",
      cause,
      fix: expect.stringContaining(fix),
    });
    expect(faultOf(verdict)).toEqual({ id: "rules-not-selected", graceMs: 0 });
  });

  it.each([alertsQuiet, rangeWindows, recordedValues])(
    "is reported once: $id judges the rules in force",
    async (check) => {
      const objects = withRule(prometheus(selective), rule({ team: "crew" }));
      expect(await verdictIn(check, () => {}, objects)).toMatchObject({ status: "pass" });
      const none = await verdictIn(
        check,
        ({ prometheus: { rules } }) => rules.splice(0),
        (stack) => ({
          ...stack,
          rendered: [app("boats", [prometheus(selective), rule({ team: "crew" })])],
        }),
      );
      expect(none).toEqual({
        status: "skipped",
        reason: "Prometheus takes in none of the rules (see rules-healthy)",
      });
    },
  );
});

describe("a PrometheusRule that is selected", () => {
  const chosen = rule({ release: "kps" });

  it("is waited for while its configuration is on its way", async () => {
    for (const check of [rulesHealthy, alertsQuiet])
      expect(
        faultOf(await verdictIn(check, () => {}, withRule(prometheus(selective), chosen))),
      ).toMatchObject({
        id: "rules-not-in-force",
      });
  });

  it("and refused by the operator is reported in the operator's words", async () => {
    const verdict = await verdictIn(
      rulesHealthy,
      ({ kube }) => {
        kube.events.push({
          metadata: { name: "e", namespace: "harbour" },
          involvedObject: { kind: "PrometheusRule", name: "boats", namespace: "harbour" },
          type: "Warning",
          reason: "InvalidConfiguration",
          message: "PrometheusRule boats was rejected due to invalid configuration: group boats, rule 1",
        });
      },
      withRule(prometheus(selective), chosen),
    );
    expect(verdict).toMatchObject({
      cause: expect.stringContaining("InvalidConfiguration: PrometheusRule boats"),
    });
    expect(faultOf(verdict)).toEqual({ id: "rules-refused", graceMs: 5_000 });
  });

  it("by a Thanos Ruler alone is not expected in Prometheus", async () => {
    const ruler = prometheus({ ruleSelector: {}, ruleNamespaceSelector: {} }, "ThanosRuler");
    const objects = withRule(prometheus(selective), ruler, rule({ team: "crew" }));
    expect(await verdictIn(rulesHealthy, () => {}, objects)).toMatchObject({ status: "pass" });
  });
});
