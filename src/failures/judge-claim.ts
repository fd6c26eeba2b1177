import {
  type Claim,
  getEventTime,
  getStorageClassName,
  isDefaultClass,
  type KubeEvent,
  type StorageClass,
  type Workload,
} from "../kube/objects.ts";
import type { MatchedFailure } from "./failure.ts";
import { admissionFailures } from "./scheduling.ts";
import {
  createEventSymptom,
  createSymptom,
  expectFailure,
  findWarnings,
  getRecurrence,
  type Symptom,
} from "./symptom.ts";
import { claimFailures, claimLost, noClass } from "./volumes.ts";

/**
 * Returns the symptom of a claim that does not get its volume; empty for a bound claim, and for one that waits for its
 * first consumer.
 * @param classes undefined if they could not be read
 */
export function judgeClaim(
  claim: Claim,
  events: readonly KubeEvent[],
  classes: readonly StorageClass[] | undefined,
): Symptom[] {
  if (claim.status?.phase === "Bound") return [];
  if (claim.status?.phase === "Lost") {
    const message = `${claim.metadata.name}: the claim has lost its volume`;
    return [createSymptom(expectFailure([claimLost], message), "Lost", message)];
  }
  const claimEvents = events
    .filter((event) => event.involvedObject.uid === claim.metadata.uid)
    .filter(({ reason }) =>
      ["ProvisioningFailed", "FailedBinding", "ExternalProvisioning"].includes(reason ?? ""),
    )
    .sort((a, b) => getEventTime(a) - getEventTime(b));
  const latestEvent = claimEvents.at(-1);
  if (!latestEvent) return [];
  const message = `${claim.metadata.name}: ${latestEvent.message ?? ""}`;
  const failure = expectFailure(claimFailures, message);
  if (failure.id === noClass.id) return judgeClass(claim, { failure, event: latestEvent, message, classes });
  const sameVariantEvents = claimEvents.filter(
    (event) => expectFailure(claimFailures, event.message ?? "").variant === failure.variant,
  );
  return [createEventSymptom(createSymptom(failure, latestEvent.reason ?? "", message), sameVariantEvents)];
}

/**
 * Returns the symptom of a claim for which the controller found neither a volume nor a StorageClass. The controller
 * reports that only every 15 s, so the class itself is judged: if the class exists by now, the result is empty, since
 * the claim recovers in the next round.
 */
function judgeClass(
  claim: Claim,
  report: {
    readonly failure: MatchedFailure;
    readonly event: KubeEvent;
    readonly message: string;
    readonly classes: readonly StorageClass[] | undefined;
  },
): Symptom[] {
  const { failure, event, message, classes } = report;
  const reason = event.reason ?? "";
  if (classes === undefined) return [createEventSymptom(createSymptom(failure, reason, message), [event])];
  const className =
    getStorageClassName(claim) ?? /storageclass\S{0,100} "([^"]{0,300})" not found/i.exec(message)?.[1];
  const exists = className
    ? classes.some(({ metadata }) => metadata.name === className)
    : classes.some(isDefaultClass);
  if (exists) return [];
  return [createSymptom(failure, reason, `${message}; ${describeClasses(classes)}`)];
}

/** Returns e.g. `StorageClasses of this cluster: local-path (default), nfs`. */
export function describeClasses(classes: readonly StorageClass[]): string {
  const names = classes.map(
    (storageClass) => `${storageClass.metadata.name}${isDefaultClass(storageClass) ? " (default)" : ""}`,
  );
  return `StorageClasses of this cluster: ${names.length > 0 ? names.sort().join(", ") : "none"}`;
}

/** Milliseconds after which a controller has tried to create a pod a dozen times. */
const refusedMs = 20_000;

/**
 * Returns the symptom of controllers that may not create their pods, because of a quota, Pod Security, a webhook or a
 * missing service account; empty if there is none. A Deployment reports the same as its ReplicaSet, but only the
 * ReplicaSet has the events.
 */
export function judgeCreators(creators: readonly Workload[], events: readonly KubeEvent[]): Symptom[] {
  const incompleteCreators = creators.filter(
    (creator) => countCreatedPods(creator) < countWantedPods(creator),
  );
  const failedEvents = findWarnings(
    events.filter(({ involvedObject }) =>
      incompleteCreators.some(({ metadata }) => metadata.uid === involvedObject.uid),
    ),
    ["FailedCreate"],
  );
  const condition = incompleteCreators
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  const message = condition?.message ?? failedEvents.at(-1)?.message;
  if (!message) return [];
  const failure = expectFailure(admissionFailures, message);
  const symptom = createSymptom(failure, condition?.reason ?? "FailedCreate", message);
  if (condition === undefined) return [createEventSymptom(symptom, failedEvents)];
  // The condition is that of the last attempt. The time until the next attempt is twice as long.
  return [
    { ...symptom, ...getRecurrence(failedEvents), lastingMs: Math.max(failure.gracePeriod * 2, refusedMs) },
  ];
}

/** Returns how many pods a controller is to have; 1 for a Job, whatever its parallelism. */
function countWantedPods(creator: Workload): number {
  if (creator.kind === "DaemonSet") return creator.status?.desiredNumberScheduled ?? 0;
  return creator.kind === "Job" ? 1 : (creator.spec?.replicas ?? 1);
}

/** Returns how many pods a controller has created. The ended pods of a Job count too. */
function countCreatedPods(creator: Workload): number {
  const status = creator.status ?? {};
  if (creator.kind === "DaemonSet") return status.currentNumberScheduled ?? 0;
  if (creator.kind === "Job") return (status.active ?? 0) + (status.succeeded ?? 0) + (status.failed ?? 0);
  return status.replicas ?? 0;
}
