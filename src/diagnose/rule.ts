import type { FaultPlace } from "../failures/check-fault.ts";
import type { Failure, Sureness } from "../failures/failure.ts";
import type { Evidence } from "./evidence.ts";

/** Why a run is red. */
export interface Cause {
  /** The rule's id, stable: `image-not-found`. */
  readonly id: string;
  /** Former ids of the rule. */
  readonly aliases?: readonly string[];
  /** What is wrong, in one sentence that begins with the thing it is about. */
  readonly what: string;
  /** The evidence: what was read where, as it was reported; one or a few lines. */
  readonly how: readonly string[];
  readonly fix: string;
  readonly sureness: Sureness;
  /** Ids of the checks whose failure it explains. */
  readonly explains: readonly string[];
  /** Where in the user's values it may come from. */
  readonly blame: Blame | undefined;
}

/** What to search for in the user's own values. The first that is found is shown. */
export interface Blame extends FaultPlace {
  /** The app whose values they are; undefined: any. */
  readonly app: string | undefined;
  /** Key paths, or the ends of some: `image.tag` finds `server.image.tag`. */
  readonly keys: readonly string[];
}

/** What a rule finds; where a detail is missing, the rule's own counts. */
export interface Finding extends Partial<Blame>, Pick<Cause, "what" | "how"> {
  readonly fix?: string | undefined;
  readonly sureness?: Sureness;
  /** Default: none. */
  readonly explains?: readonly string[];
}

/** One way in which stacks break: an entry of the catalogue of failures with a pure function that finds it. */
export interface DiagnosisRule
  extends Pick<Failure, "id" | "aliases" | "layer" | "title" | "fix" | "keys" | "sureness" | "vagueness"> {
  /** For docs/diagnoses.md: what it is known from. */
  readonly evidence: string;
  find(evidence: Evidence): readonly Finding[];
}

/** Returns the causes that a rule finds in the evidence. */
export function findCauses(rule: DiagnosisRule, evidence: Evidence): readonly Cause[] {
  return rule.find(evidence).map(({ app, keys = rule.keys ?? [], values = [], otherwise, ...finding }) => ({
    id: rule.id,
    ...(rule.aliases === undefined ? {} : { aliases: rule.aliases }),
    what: finding.what,
    how: finding.how,
    fix: finding.fix ?? rule.fix ?? "",
    sureness: finding.sureness ?? rule.sureness ?? "certain",
    explains: finding.explains ?? [],
    blame:
      keys.length + values.length === 0 ? undefined : { app, keys, values, ...(otherwise && { otherwise }) },
  }));
}
