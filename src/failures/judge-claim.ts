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
 * Returns the symptom of a claim that doesn't get its volume. Waiting for its first consumer is normal.
 * @param classes undefined when they could not be read
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
  const own = events
    .filter((event) => event.involvedObject.uid === claim.metadata.uid)
    .filter(({ reason }) =>
      ["ProvisioningFailed", "FailedBinding", "ExternalProvisioning"].includes(reason ?? ""),
    )
    .sort((a, b) => getEventTime(a) - getEventTime(b));
  const latest = own.at(-1);
  if (!latest) return [];
  const message = `${claim.metadata.name}: ${latest.message ?? ""}`;
  const failure = expectFailure(claimFailures, message);
  if (failure.id === noClass.id) return judgeClass(claim, { failure, event: latest, message, classes });
  const same = own.filter(
    (event) => expectFailure(claimFailures, event.message ?? "").variant === failure.variant,
  );
  return [createEventSymptom(createSymptom(failure, latest.reason ?? "", message), same)];
}

/**
 * The controller found no volume for the claim and no class to make one. It reports that once in 15 s, so the
 * class itself is judged: if it exists by now, the claim recovers in the next round.
 */
function judgeClass(
  claim: Claim,
  found: {
    readonly failure: MatchedFailure;
    readonly event: KubeEvent;
    readonly message: string;
    readonly classes: readonly StorageClass[] | undefined;
  },
): Symptom[] {
  const { failure, event, message, classes } = found;
  const reason = event.reason ?? "";
  if (classes === undefined) return [createEventSymptom(createSymptom(failure, reason, message), [event])];
  const named =
    getStorageClassName(claim) ?? /storageclass\S{0,100} "([^"]{0,300})" not found/i.exec(message)?.[1];
  const isThere = named
    ? classes.some(({ metadata }) => metadata.name === named)
    : classes.some(isDefaultClass);
  if (isThere) return [];
  return [createSymptom(failure, reason, `${message}; ${describeClasses(classes)}`)];
}

/** `StorageClasses of this cluster: local-path (default), nfs`. */
export function describeClasses(classes: readonly StorageClass[]): string {
  const names = classes.map((one) => `${one.metadata.name}${isDefaultClass(one) ? " (default)" : ""}`);
  return `StorageClasses of this cluster: ${names.length > 0 ? names.sort().join(", ") : "none"}`;
}

/** A controller has tried to make a pod a dozen times, in milliseconds. */
const refusedMs = 20_000;

/**
 * Controllers that may not create their pods: quota, Pod Security, a webhook, a missing service account. A Deployment
 * reports the same as its ReplicaSet, which alone has the events.
 */
export function judgeCreators(creators: readonly Workload[], events: readonly KubeEvent[]): Symptom[] {
  const short = creators.filter((creator) => countCreatedPods(creator) < countWantedPods(creator));
  const failed = findWarnings(
    events.filter(({ involvedObject }) => short.some(({ metadata }) => metadata.uid === involvedObject.uid)),
    ["FailedCreate"],
  );
  const condition = short
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  const message = condition?.message ?? failed.at(-1)?.message;
  if (!message) return [];
  const failure = expectFailure(admissionFailures, message);
  const found = createSymptom(failure, condition?.reason ?? "FailedCreate", message);
  if (condition === undefined) return [createEventSymptom(found, failed)];
  // The condition is that of the last attempt, and the next one takes as long again.
  return [{ ...found, ...getRecurrence(failed), lastingMs: Math.max(failure.gracePeriod * 2, refusedMs) }];
}

function countWantedPods(creator: Workload): number {
  if (creator.kind === "DaemonSet") return creator.status?.desiredNumberScheduled ?? 0;
  return creator.kind === "Job" ? 1 : (creator.spec?.replicas ?? 1);
}

function countCreatedPods(creator: Workload): number {
  const status = creator.status ?? {};
  if (creator.kind === "DaemonSet") return status.currentNumberScheduled ?? 0;
  if (creator.kind === "Job") return (status.active ?? 0) + (status.succeeded ?? 0) + (status.failed ?? 0);
  return status.replicas ?? 0;
}
