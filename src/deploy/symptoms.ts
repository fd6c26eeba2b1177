/**
 * What can be wrong, as data: which words of the cluster mean it, how long it may heal by itself, and how to mend it.
 * The first rule that matches counts. The words are those of kubelet, containerd 1.7 to 2.x, the scheduler and the
 * controllers of Kubernetes 1.28 to 1.36.
 */
export interface Rule {
  /** Stable; the time a symptom has lasted is counted per rule. */
  readonly id: string;
  readonly match: RegExp;
  /** It is final when it has lasted this long, in milliseconds; 0: at once. */
  readonly graceMs: number;
  /** The program may only be slow: where its app was given a time of its own, it is final no sooner than that. */
  readonly mayCome?: true;
  readonly mend: string;
}

/** A sign of trouble that is there right now. */
export interface Symptom {
  readonly rule: string;
  readonly graceMs: number;
  readonly mayCome?: true | undefined;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  readonly reason: string;
  readonly message: string;
  readonly mend: string;
}

/** Takes the first rule whose words are in the message; the last rule of each list matches everything. */
export function ruleFor(rules: readonly Rule[], message: string): Rule {
  const rule = rules.find((candidate) => candidate.match.test(message));
  if (!rule) throw new Error(`no rule for: ${message}`);
  return rule;
}
