import { ownValue } from "../lib/own.ts";
import { type LabelMatcher, type Labels, matches } from "./matchers.ts";
import { type Inhibition, labelsFitting } from "./routes.ts";

/** Two alerts of which the first holds back the second. */
export interface InhibitionPair {
  readonly source: Labels;
  readonly target: Labels;
}

/**
 * Alerts that a rule is about. Labels in which they must be equal and that nothing else decides get the value `own`, which
 * keeps alerts of others out of it. Undefined when none were found.
 */
export function pairFor(rule: Inhibition, base: Labels, own: string): InhibitionPair | undefined {
  for (const source of labelsFitting(rule.source, base)) {
    for (const target of labelsFitting(rule.target, base)) {
      const pair = rule.equal.reduce<InhibitionPair | undefined>(
        (so, label) => so && equalIn(label, so, rule, own),
        { source, target },
      );
      if (pair !== undefined && holds(rule, pair)) return pair;
    }
  }
  return undefined;
}

function equalIn(
  label: string,
  pair: InhibitionPair,
  rule: Inhibition,
  own: string,
): InhibitionPair | undefined {
  const { source, target } = pair;
  const values = [ownValue(source, label) ?? "", ownValue(target, label) ?? ""];
  const isFree =
    ![...rule.source, ...rule.target].some((one) => one.label === label) && label !== "alertname";
  for (const value of isFree ? [own] : values) {
    const both = { source: { ...source, [label]: value }, target: { ...target, [label]: value } };
    if (fitsAll(rule.source, both.source) && fitsAll(rule.target, both.target)) return both;
  }
  return undefined;
}

/** Of alerts that fit both sides none holds another back (inhibit.InhibitRule of Alertmanager). */
function holds(rule: Inhibition, { source, target }: InhibitionPair): boolean {
  const isFitting = fitsAll(rule.source, source) && fitsAll(rule.target, target);
  return isFitting && !(fitsAll(rule.source, target) && fitsAll(rule.target, source));
}

function fitsAll(matchers: readonly LabelMatcher[], labels: Labels): boolean {
  return matchers.every((one) => matches(one, labels));
}
