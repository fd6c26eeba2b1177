import type { FaultPlace } from "../failures/check-fault.ts";
import type { Failure, Sureness } from "../failures/failure.ts";
import type { Evidence } from "./evidence.ts";

/** A reason why a run failed. */
export interface Cause {
  /** The rule's id, stable: `image-not-found`. */
  readonly id: string;
  /** Former ids of the rule. */
  readonly aliases?: readonly string[];
  /** What is wrong, in one sentence that begins with its subject. */
  readonly what: string;
  /** The evidence, one or a few lines: the report and its source. */
  readonly how: readonly string[];
  readonly fix: string;
  readonly sureness: Sureness;
  /** Ids of the checks whose failure the cause explains. */
  readonly explains: readonly string[];
  /** Where in the user's values the cause may come from. */
  readonly blame: Blame | undefined;
}

/** What to search for in the user's own values. The first match is shown. */
export interface Blame extends FaultPlace {
  /** The app whose values are searched; undefined: any app. */
  readonly app: string | undefined;
  /** Key paths or their last parts: `image.tag` finds `server.image.tag`. */
  readonly keys: readonly string[];
}

/** What a rule finds. The rule's own details replace missing ones. */
export interface Finding extends Partial<Blame>, Pick<Cause, "what" | "how"> {
  readonly fix?: string | undefined;
  readonly sureness?: Sureness;
  /** Default: none. */
  readonly explains?: readonly string[];
}

/** A rule of the diagnosis: an entry of the catalogue of failures with a pure function that finds the failure. */
export interface DiagnosisRule
  extends Pick<Failure, "id" | "aliases" | "layer" | "title" | "fix" | "keys" | "sureness" | "vagueness"> {
  /** The evidence that the rule uses, for docs/diagnoses.md. */
  readonly evidence: string;
  /** Returns each occurrence of the failure; empty if there is none. */
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
