import {
  type ContainerStatus,
  countOccurrences,
  fingerprintEvents,
  getEventTime,
  type KubeEvent,
  type Pod,
} from "../kube/objects.ts";
import { type Failure, type MatchedFailure, matchFailure } from "./failure.ts";

/**
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
 *
 * A symptom is a failure that a pod, a claim or a controller shows right now.
 */
export interface Symptom {
  /** Id of the failure in the catalogue. */
  readonly rule: string;
  readonly aliases?: readonly string[] | undefined;
  /** Distinguishes the variants of the failure: the time that a symptom has lasted is counted for each. */
  readonly variant: string;
  /** Milliseconds after which the symptom is final; 0: at once. */
  readonly graceMs: number;
  readonly isSlowStart?: true | undefined;
  /**
   * A text that changes when the symptom's events recur. Set if only events report the symptom: an event remains when
   * its cause has gone, so the symptom lasts only until the last recurrence. Undefined: an object's state shows the symptom.
   */
  readonly recurrence?: string | undefined;
  /** How often the events of `recurrence` were recorded. */
  readonly occurrences?: number | undefined;
  /**
   * Milliseconds of the object's own state after which the symptom is final without a recurrence, since events can get
   * lost.
   */
  readonly lastingMs?: number | undefined;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  readonly reason: string;
  readonly message: string;
  readonly fix: string;
}

/** Returns the symptom of a failure that a message reports for a pod, a container or another object. */
export function createSymptom(
  failure: MatchedFailure,
  reason: string,
  message: string,
  pod?: Pod,
  container?: ContainerStatus,
): Symptom {
  return {
    rule: failure.id,
    aliases: failure.aliases,
    variant: failure.variant,
    graceMs: failure.gracePeriod,
    isSlowStart: failure.isSlowStart,
    pod: pod?.metadata.name,
    container: container?.name,
    reason,
    message,
    fix: failure.fix,
  };
}

/**
 * Minimum grace period, in milliseconds, of a symptom that only an event reports: its first occurrence is never final.
 */
const leastEventMs = 1_000;

/** Returns the fields that change when one of these events recurs; an empty object without events. */
export function getRecurrence(events: readonly KubeEvent[]): Pick<Symptom, "recurrence" | "occurrences"> {
  return events.length === 0
    ? {}
    : { recurrence: fingerprintEvents(events), occurrences: countOccurrences(events) };
}

/** Returns a symptom with the fields of one that only these events report. */
export function createEventSymptom(symptom: Symptom, events: readonly KubeEvent[]): Symptom {
  return { ...symptom, graceMs: Math.max(symptom.graceMs, leastEventMs), ...getRecurrence(events) };
}

/** Returns the warnings with one of the reasons, the latest last. */
export function findWarnings(events: readonly KubeEvent[], reasons: readonly string[]): KubeEvent[] {
  return events
    .filter(({ type, reason }) => type === "Warning" && reasons.includes(reason ?? ""))
    .sort((a, b) => getEventTime(a) - getEventTime(b));
}

/**
 * Returns the failure that a message reports.
 * @throws Error if none matches, which is a bug: the last entry of each list matches any message
 */
export function expectFailure(failures: readonly Failure[], message: string): MatchedFailure {
  const failure = matchFailure(failures, message);
  if (failure === undefined) throw new Error(`no failure for: ${message}`);
  return failure;
}
