import { workloadFailures } from "../failures/catalogue.ts";
import { type Layer, layers, type Sureness } from "../failures/failure.ts";
import type { CheckResult } from "../stack/check.ts";
import type { Cause } from "./rule.ts";

const sure: readonly Sureness[] = ["certain", "likely", "possible"];

export interface Ranked {
  readonly cause: Cause;
  readonly layer: Layer;
}

/**
 * The likeliest first: how sure it is, then how deep it lies; what explains only warnings comes after all that explains
 * why it is red, and what is only a consequence of another is left out.
 */
export function rank(found: readonly Ranked[], checks: readonly CheckResult[] = []): readonly Cause[] {
  const isMinor = ({ cause }: Ranked) =>
    Number(
      cause.explains.length > 0 &&
        cause.explains.every((id) => checks.find((check) => check.id === id)?.severity === "warning"),
    );
  const ordered = [...found].sort(
    (a, b) =>
      isMinor(a) - isMinor(b) ||
      sure.indexOf(a.cause.sureness) - sure.indexOf(b.cause.sureness) ||
      layers.indexOf(a.layer) - layers.indexOf(b.layer),
  );
  const distinct = withoutRepeats(ordered);
  const kept: Ranked[] = [];
  for (const one of distinct) {
    if (distinct.some((other) => other !== one && tellsWhy(other.cause, one.cause))) continue;
    if (kept.some((other) => isConsequence(one, other))) continue;
    kept.push(one);
  }
  return kept.map(({ cause }) => cause);
}

/** The same sentence of two rules is one cause, of what either of them explains. */
function withoutRepeats(ordered: readonly Ranked[]): Ranked[] {
  return [...Map.groupBy(ordered, ({ cause }) => cause.what).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const explains = [...new Set(same.flatMap(({ cause }) => cause.explains))];
    return [{ ...first, cause: { ...first.cause, explains } }];
  });
}

/** That something crashes or isn't ready says less than why; the higher, the less. */
function vaguenessOf({ id }: Cause): number {
  const ofRules: Readonly<Record<string, number>> = { "liveness-failing": 1, "not-ready-in-time": 3 };
  return ofRules[id] ?? workloadFailures.find((failure) => failure.id === id)?.vagueness ?? 0;
}

/** Another cause that speaks of the same pod or workload, and is certain. */
function tellsWhy(other: Cause, vagueOne: Cause): boolean {
  if (other.sureness !== "certain" || vaguenessOf(other) >= vaguenessOf(vagueOne)) return false;
  const words = [other.what, ...other.how].join("\n");
  return subjectsOf(vagueOne).some((subject) => words.includes(subject));
}

/** The workload and the pod that a cause is about: `Deployment monitoring/grafana`, `grafana-7d9c5b8f6d-x2x7p`. */
function subjectsOf({ what, how }: Cause): readonly string[] {
  const workload = /^(\w+ [\w-]+\/[\w.-]+)/.exec(what)?.[1];
  const pods = how.flatMap((line) => /\bpod (?:[\w-]+\/)?([\w.-]+)/.exec(line)?.[1] ?? []);
  return [...(workload === undefined ? [] : [workload]), ...pods].map((one) => one.replace(/:$/, ""));
}

/**
 * Whatever asks a thing that isn't there fails as well: what a certain cause of a lower layer explains wholly needs no
 * cause of its own.
 */
function isConsequence(one: Ranked, deeper: Ranked): boolean {
  if (deeper.cause.sureness !== "certain" || one.cause.explains.length === 0) return false;
  const isDeeper = layers.indexOf(deeper.layer) < layers.indexOf(one.layer);
  return (
    isDeeper &&
    breaks.includes(deeper.layer) &&
    one.cause.explains.every((id) => deeper.cause.explains.includes(id))
  );
}

/** Layers whose faults take everything above down with them. */
const breaks: readonly Layer[] = ["host", "cluster", "storage", "image", "workload", "network"];
