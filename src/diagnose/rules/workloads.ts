import { workloadFailures } from "../../failures/catalogue.ts";
import { crash, oomKilled } from "../../failures/containers.ts";
import { type Failure, type MatchedFailure, matchFailure } from "../../failures/failure.ts";
import { findImage } from "../../failures/images.ts";
import { judgePod } from "../../failures/judge-pod.ts";
import { namespaceTerminating } from "../../failures/scheduling.ts";
import { formatList } from "../../lib/text.ts";
import { listBrokenChecks } from "../checks.ts";
import type { ContainerLog, Evidence } from "../evidence.ts";
import {
  type FailedWorkload,
  filterRecentEvents,
  findFailedWorkloads,
  findPodOwner,
} from "../failed-workloads.ts";
import { shortenToLine } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

/** A rule for each way in which a workload fails. */
export const workloadRules: readonly DiagnosisRule[] = workloadFailures.map((failure) => ({
  ...failure,
  evidence: "the states, conditions and events of pods, claims and their controllers",
  find: (evidence) => {
    const failedWorkloads = findFailedWorkloads(evidence).filter(({ rule }) => hasId(failure, rule));
    return groupByOrigin(failure, failedWorkloads).map((group) =>
      describeWorkloads(evidence, failure, group),
    );
  },
}));

/** True if a rule's id is that of the failure, or a former id, which evidence of earlier versions has. */
function hasId({ id, aliases }: Failure, rule: string): boolean {
  return id === rule || (aliases?.includes(rule) ?? false);
}

export const notReadyInTime: DiagnosisRule = {
  id: "not-ready-in-time",
  layer: "workload",
  title: "A workload was not ready when its time was up",
  evidence: "the deployment's own watch",
  find: (evidence) =>
    findFailedWorkloads(evidence)
      .filter(
        ({ rule }) => ![...workloadFailures, namespaceTerminating].some((failure) => hasId(failure, rule)),
      )
      .map(({ workload, pod, reason, message, fix }) => ({
        what: `${workload} is not ready: ${shortenToLine(message, 200)}`,
        how: [`${reason}${pod === undefined ? "" : `, pod ${pod}`}: ${shortenToLine(message)}`],
        fix,
        sureness: "likely" as const,
        explains: listBrokenChecks(evidence, workload, pod),
      })),
};

/** Failed workloads that are reported as one finding; at least one. */
type FailedGroup = readonly [FailedWorkload, ...FailedWorkload[]];

/**
 * Groups the failed workloads that are reported together: the pods of a workload, or all workloads with a shared
 * failure.
 */
function groupByOrigin(
  { isShared }: Failure,
  failedWorkloads: readonly FailedWorkload[],
): readonly FailedGroup[] {
  const groups = Map.groupBy(failedWorkloads, ({ workload, container }) =>
    isShared ? "" : `${workload}|${container ?? ""}`,
  );
  return [...groups.values()] as unknown as readonly FailedGroup[];
}

/** Milliseconds. A failure with a longer grace period is not a certain cause. */
const longGraceMs = 20_000;

/** Returns the finding for a group of failed workloads. */
function describeWorkloads(evidence: Evidence, failure: Failure, group: FailedGroup): Finding {
  const [firstFailed] = group;
  const { workload, container, pod, reason, message, fix, givenUp } = firstFailed;
  const subject = container === undefined ? workload : `${workload}, container ${container}`;
  const matchedFailure = matchDetails(failure, `${reason}: ${message}`);
  const details = [
    findLastLogLine(evidence, failure, firstFailed),
    findMemoryLimit(evidence, failure, firstFailed),
  ];
  return {
    what: `${subject}: ${matchedFailure.explanation}${describeOtherWorkloads(group)}`,
    how: [
      `${reason}${pod === undefined ? "" : `, pod ${pod}`}: ${shortenToLine(message)}`,
      ...details.filter((line) => line !== undefined),
      ...(givenUp === undefined ? [] : [`its time was up ${givenUp}`]),
    ],
    fix,
    sureness: matchedFailure.sureness ?? (isDoubtful(firstFailed) ? "likely" : "certain"),
    explains: [
      ...new Set(group.flatMap((failed) => listBrokenChecks(evidence, failed.workload, failed.pod))),
    ],
    app: findFailedApp(firstFailed),
    keys: matchedFailure.keys ?? [],
    values: matchedFailure.keys ? [...matchedFailure.values, ...splitImage(findImage(message))] : [],
  };
}

/** Returns the failure's details for a message, even if none of its patterns matches the message any more. */
function matchDetails(failure: Failure, message: string): MatchedFailure {
  const { matches: _, variants: __, ...withoutPatterns } = failure;
  return (matchFailure([failure], message) ?? matchFailure([withoutPatterns], message)) as MatchedFailure;
}

/**
 * True if the failure may recover by itself, which a long grace period means, or has recovered, which an event that was
 * recorded only once may mean.
 */
function isDoubtful({ graceMs, isSingleEvent }: FailedWorkload): boolean {
  return graceMs > longGraceMs || isSingleEvent === true;
}

/**
 * Returns the other members of a group in parentheses: ` (3 pods)`, ` (and Deployment monitoring/grafana)`; empty if
 * there are none.
 */
function describeOtherWorkloads(group: readonly FailedWorkload[]): string {
  const workloads = [...new Set(group.map(({ workload }) => workload))];
  if (workloads.length > 1) return ` (and ${formatList(workloads.slice(1))})`;
  const podCount = new Set(group.map(({ pod }) => pod)).size;
  return podCount > 1 ? ` (${podCount} pods)` : "";
}

/** Returns the app that a failed release or claim names; undefined for any other workload. */
function findFailedApp({ workload, message }: FailedWorkload): string | undefined {
  return /^App (\S+)$/.exec(workload)?.[1] ?? /^a volume claim of app (\S+):/.exec(message)?.[1];
}

/** Returns a line with the container's memory limit, for a container that exceeded it. */
function findMemoryLimit(
  { cluster }: Evidence,
  failure: Failure,
  failed: FailedWorkload,
): string | undefined {
  if (failure !== oomKilled) return undefined;
  const pod = cluster?.pods.find(({ metadata }) => metadata.name === failed.pod);
  const container = pod?.spec?.containers?.find(({ name }) => name === failed.container);
  const limit = container?.resources?.limits?.["memory"];
  return limit === undefined ? undefined : `the limit of container ${failed.container} is ${limit} of memory`;
}

/** Returns the parts of an image's name that the user may have written: the tag, the repository and the whole name. */
function splitImage(image: string | undefined): string[] {
  if (image === undefined) return [];
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  const repository = image.replace(/:[^:/]+$/, "");
  return [...(tag === undefined ? [] : [tag]), repository, repository.split("/").slice(1).join("/"), image];
}

/** Returns the last log line of a crashed program; undefined if the message contains it already. */
function findLastLogLine(
  { cluster }: Evidence,
  failure: Failure,
  { pod, container, message }: FailedWorkload,
): string | undefined {
  if (failure !== crash || /last log line: /.test(message)) return undefined;
  const logs = (cluster?.logs ?? []).filter((log) => log.pod === pod && log.container === container);
  const log: ContainerLog | undefined = logs.find(({ previous }) => previous) ?? logs[0];
  const line = log?.text.trimEnd().split("\n").at(-1);
  return line ? `the last line of its log: ${shortenToLine(line)}` : undefined;
}

export const provisionerDown: DiagnosisRule = {
  id: "provisioner-down",
  layer: "storage",
  title: "What provisions volumes does not run",
  evidence: "claims that are pending, and the pods of provisioners in kube-system",
  find: (evidence) => {
    const { claims = [], pods = [], workloads = [], namespaces = [] } = evidence.cluster ?? {};
    const events = filterRecentEvents(evidence);
    const pendingClaims = claims.filter(
      ({ metadata, status }) => status?.phase === "Pending" && namespaces.includes(metadata.namespace ?? ""),
    );
    const firstClaim = pendingClaims[0];
    if (firstClaim === undefined) return [];
    const name = `${firstClaim.metadata.namespace}/${firstClaim.metadata.name}`;
    const failedProvisioners = pods
      .filter(({ metadata }) => metadata.namespace === "kube-system" && isProvisioner(metadata.name))
      .flatMap((pod) => judgePod(pod, events).map((symptom) => ({ pod, symptom })));
    // One finding is enough: the pods of the provisioner have the same problem.
    return failedProvisioners.slice(0, 1).map(({ pod, symptom }) => ({
      what: `${findPodOwner(pod, workloads)}, which makes the volumes, does not run, so the claim ${name} is pending`,
      how: [
        `${symptom.reason}, pod kube-system/${pod.metadata.name}: ${shortenToLine(symptom.message)}`,
        ...pendingClaims.map(
          ({ metadata }) => `PersistentVolumeClaim ${metadata.namespace}/${metadata.name} is Pending`,
        ),
      ],
      fix: symptom.fix,
      explains: listBrokenChecks(evidence, `PersistentVolumeClaim ${name}`),
    }));
  },
};

/**
 * True for the name of a pod that provisions volumes: `local-path-provisioner-7c9`, one of its helper pods
 * (`helper-pod-create-pvc-...`), or a CSI driver's controller.
 */
function isProvisioner(pod: string): boolean {
  return /provisioner|^helper-pod-|csi/.test(pod);
}
