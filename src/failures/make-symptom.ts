import {
  type ContainerStatus,
  eventTime,
  type KubeEvent,
  occurrencesOf,
  type Pod,
  recurrenceOf,
} from "../kube/objects.ts";
import type { Rule, Symptom } from "./symptoms.ts";

export function symptom(
  rule: Omit<Rule, "match">,
  reason: string,
  message: string,
  pod?: Pod,
  container?: ContainerStatus,
): Symptom {
  return {
    rule: rule.id,
    graceMs: rule.graceMs,
    pod: pod?.metadata.name,
    container: container?.name,
    reason,
    message,
    fix: rule.fix,
  };
}

/** What only an event says is never final by its first occurrence, also where it can't heal. */
const leastEventMs = 1_000;

/** What changes when one of these events recurs; nothing without events. */
export function recurring(events: readonly KubeEvent[]): Pick<Symptom, "recurrence" | "occurrences"> {
  return events.length === 0 ? {} : { recurrence: recurrenceOf(events), occurrences: occurrencesOf(events) };
}

/** A symptom that only these events report. */
export function fromEvents(found: Symptom, events: readonly KubeEvent[]): Symptom {
  return { ...found, graceMs: Math.max(found.graceMs, leastEventMs), ...recurring(events) };
}

/** The warnings with one of the reasons, the latest last. */
export function warnings(events: readonly KubeEvent[], reasons: readonly string[]): KubeEvent[] {
  return events
    .filter(({ type, reason }) => type === "Warning" && reasons.includes(reason ?? ""))
    .sort((a, b) => eventTime(a) - eventTime(b));
}
