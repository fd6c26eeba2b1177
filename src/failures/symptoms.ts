/**
 * What can be wrong, as data: which words of the cluster mean it, how long it may heal by itself, and how to fix it.
 * The first rule that matches counts. The words are those of kubelet, containerd 1.7 to 2.x, the scheduler and the
 * controllers of Kubernetes 1.28 to 1.36.
 *
 * A grace period covers upstream's own retry round, since a state is only as new as the last attempt. The rounds, with
 * Kubernetes' defaults:
 * - volume controller: looks at every claim again after 15 s (`--pvclaimbinder-sync-period`).
 * - kubelet, a pod whose sync failed: again after 10 to 15 s (pod_workers.go: backOffPeriod of 10 s and up to half of
 *   it as jitter); network not ready: 1 to 1.5 s.
 * - kubelet, mounts: after 0.5 s, then twice as long each time, up to 122 s (exponential_backoff.go), so attempts at
 *   0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s.
 * - kubelet, image pulls and crashed containers: after 10 s, then twice as long each time, up to 300 s.
 * - scheduler: a pod that did not fit waits 1 s, then twice as long each time, up to 10 s (podMaxBackoffSeconds).
 * - controllers that may not create a pod: after 5 ms, then twice as long each time (workqueue's default rate limiter),
 *   so attempts at 1.3, 2.6, 5.1, 10.2 and 20.5 s.
 * - provisioners, local-path's included: after 15 s, then twice as long each time (sig-storage-lib-external-provisioner).
 */
export interface Rule {
  /** Stable; the time a symptom has lasted is counted per rule. */
  readonly id: string;
  readonly match: RegExp;
  /** It is final when it has lasted this long, in milliseconds; 0: at once. */
  readonly graceMs: number;
  /** The program may only be slow: where its app was given a time of its own, it is final no sooner than that. */
  readonly mayCome?: true;
  readonly fix: string;
}

/** A sign of trouble that is there right now. */
export interface Symptom {
  readonly rule: string;
  readonly graceMs: number;
  readonly mayCome?: true | undefined;
  /**
   * Set where only events say so. An event stays when its cause has gone, so the symptom lasts only until the last time
   * at which the event was seen to recur, which changes this text. Undefined: the state of an object says so.
   */
  readonly recurrence?: string | undefined;
  /** How often the events of `recurrence` were recorded. */
  readonly occurrences?: number | undefined;
  /** Final without a recurrence when the object's own state has lasted so long, in milliseconds: events get lost. */
  readonly lastingMs?: number | undefined;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  readonly reason: string;
  readonly message: string;
  readonly fix: string;
}

/** Takes the first rule whose words are in the message; the last rule of each list matches everything. */
export function ruleFor(rules: readonly Rule[], message: string): Rule {
  const rule = rules.find((candidate) => candidate.match.test(message));
  if (!rule) throw new Error(`no rule for: ${message}`);
  return rule;
}
