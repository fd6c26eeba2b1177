import {
  type ContainerStatus,
  eventTime,
  type KubeEvent,
  occurrencesOf,
  type Pod,
  recurrenceOf,
} from "../kube/objects.ts";
import { type Rule, ruleFor, type Symptom } from "./symptoms.ts";

const ownTimeout = "one that needs longer to start gets a `timeout` of its own under `apps`.";

/**
 * What a kubelet says of a probe that fails, Kubernetes 1.28 to 1.36. A server that starts may refuse or answer 5xx; one
 * that is up with its routes not yet loaded answers 404. Probes run every 10 s by default, so 9 s is a second look.
 */
const probeRules: readonly Rule[] = [
  {
    id: "probe-rejected",
    match: /probe failed: HTTP probe failed with statuscode: 4\d\d/,
    graceMs: 9_000,
    fix: "The program answers, but not under the probe's path: correct the probe (path, scheme, headers) in the values.",
  },
  {
    id: "probe-scheme",
    match:
      /server gave HTTP response to HTTPS client|malformed HTTP response|tls: first record does not look/,
    graceMs: 9_000,
    fix: "The probe and the program speak differently, one of them TLS: correct the probe's scheme in the values.",
  },
  {
    id: "probe-refused",
    match: /connection refused/,
    graceMs: 60_000,
    mayCome: true,
    fix: `Nothing listens on the probe's port: correct the port in the values, or read the container's log; ${ownTimeout}`,
  },
  {
    id: "probe-failing",
    match: /(?:)/,
    graceMs: 120_000,
    mayCome: true,
    fix: `The program says that it is not ready: read the container's log, and what its probe answers; ${ownTimeout}`,
  },
];

/** A container that runs and whose readiness or startup probe fails. Liveness shows in restarts. */
export function judgeProbe(pod: Pod, container: ContainerStatus, events: readonly KubeEvent[]): Symptom[] {
  if (!container.state?.running || container.ready) return [];
  const started = Date.parse(container.state.running.startedAt ?? "") || 0;
  const own = events
    .filter(
      ({ reason, message }) => reason === "Unhealthy" && /^(Readiness|Startup) probe /.test(message ?? ""),
    )
    .filter(({ involvedObject }) => belongs(involvedObject.fieldPath, container.name, pod))
    // The kubelet's times have whole seconds.
    .filter((event) => eventTime(event) >= started - 1_000)
    .sort((a, b) => eventTime(a) - eventTime(b));
  const message = own.at(-1)?.message;
  if (message === undefined) return [];
  const rule = ruleFor(probeRules, message);
  const { id, graceMs, mayCome, fix } = rule;
  const same = own.filter((event) => ruleFor(probeRules, event.message ?? "") === rule);
  const where = { pod: pod.metadata.name, container: container.name };
  // That the container is not ready is its state; what is early must be said by the kubelet twice. Its recorder drops an
  // object's events after 25 of them (EventSourceObjectSpamFilter), which a probe every second reaches.
  const confirmed =
    mayCome === undefined
      ? { recurrence: recurrenceOf(same), occurrences: occurrencesOf(same), lastingMs: droppedMs }
      : {};
  return [{ rule: id, graceMs, mayCome, ...where, reason: "Unhealthy", message, fix, ...confirmed }];
}

/** A container that is not ready for so long, in milliseconds, and whose events have ended, still has their cause. */
const droppedMs = 60_000;

/** `spec.containers{grafana}`; without a field path, a pod's only container. */
function belongs(fieldPath: string | undefined, name: string, pod: Pod): boolean {
  if (fieldPath !== undefined) return fieldPath.endsWith(`{${name}}`);
  return (pod.spec?.containers ?? []).length === 1;
}
