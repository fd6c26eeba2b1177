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
import { shorten } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

/** A rule for each way in which a workload fails. */
export const workloadRules: readonly DiagnosisRule[] = workloadFailures.map((failure) => ({
  ...failure,
  evidence: "the states, conditions and events of pods, claims and their controllers",
  find: (evidence) => {
    const failed = findFailedWorkloads(evidence).filter(({ rule }) => isOf(failure, rule));
    return groupByOrigin(failure, failed).map((same) => describeWorkloads(evidence, failure, same));
  },
}));

/** Evidence of earlier versions has former ids. */
function isOf({ id, aliases }: Failure, rule: string): boolean {
  return id === rule || (aliases?.includes(rule) ?? false);
}

export const notReadyInTime: DiagnosisRule = {
  id: "not-ready-in-time",
  layer: "workload",
  title: "A workload was not ready when its time was up",
  evidence: "the deployment's own watch",
  find: (evidence) =>
    findFailedWorkloads(evidence)
      .filter(({ rule }) => ![...workloadFailures, namespaceTerminating].some((one) => isOf(one, rule)))
      .map(({ workload, pod, reason, message, fix }) => ({
        what: `${workload} is not ready: ${shorten(message, 200)}`,
        how: [`${reason}${pod === undefined ? "" : `, pod ${pod}`}: ${shorten(message)}`],
        fix,
        sureness: "likely" as const,
        explains: listBrokenChecks(evidence, workload, pod),
      })),
};

type Group = readonly [FailedWorkload, ...FailedWorkload[]];

/** Groups what is reported once: the pods of a workload, or all workloads that a shared failure concerns. */
function groupByOrigin({ isShared }: Failure, failed: readonly FailedWorkload[]): readonly Group[] {
  const groups = Map.groupBy(failed, ({ workload, container }) =>
    isShared ? "" : `${workload}|${container ?? ""}`,
  );
  return [...groups.values()] as unknown as readonly Group[];
}

/** A failure with a longer grace period than this, in milliseconds, is not a certain cause. */
const longGraceMs = 20_000;

function describeWorkloads(evidence: Evidence, failure: Failure, all: Group): Finding {
  const [first] = all;
  const { workload, container, pod, reason, message, fix, givenUp } = first;
  const where = container === undefined ? workload : `${workload}, container ${container}`;
  const known = matchDetails(failure, `${reason}: ${message}`);
  const details = [findLastLogLine(evidence, failure, first), findMemoryLimit(evidence, failure, first)];
  return {
    what: `${where}: ${known.explanation}${describeOthers(all)}`,
    how: [
      `${reason}${pod === undefined ? "" : `, pod ${pod}`}: ${shorten(message)}`,
      ...details.filter((line) => line !== undefined),
      ...(givenUp === undefined ? [] : [`its time was up ${givenUp}`]),
    ],
    fix,
    sureness: known.sureness ?? (isDoubtful(first) ? "likely" : "certain"),
    explains: [...new Set(all.flatMap((one) => listBrokenChecks(evidence, one.workload, one.pod)))],
    app: findApp(first),
    keys: known.keys ?? [],
    values: known.keys ? [...known.values, ...splitImage(findImage(message))] : [],
  };
}

/** Returns the details for a message, also if none of the patterns matches it any more. */
function matchDetails(failure: Failure, message: string): MatchedFailure {
  const { matches: _, variants: __, ...common } = failure;
  return (matchFailure([failure], message) ?? matchFailure([common], message)) as MatchedFailure;
}

/** True if the failure may recover by itself, or has recovered. */
function isDoubtful({ graceMs, isSingleEvent }: FailedWorkload): boolean {
  return graceMs > longGraceMs || isSingleEvent === true;
}

/** ` (3 pods)`, ` (and Deployment monitoring/grafana)`. */
function describeOthers(all: readonly FailedWorkload[]): string {
  const workloads = [...new Set(all.map(({ workload }) => workload))];
  if (workloads.length > 1) return ` (and ${formatList(workloads.slice(1))})`;
  const pods = new Set(all.map(({ pod }) => pod)).size;
  return pods > 1 ? ` (${pods} pods)` : "";
}

/** What helm was refused names the app itself, and a claim that was not applied. */
function findApp({ workload, message }: FailedWorkload): string | undefined {
  return /^App (\S+)$/.exec(workload)?.[1] ?? /^a volume claim of app (\S+):/.exec(message)?.[1];
}

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

/** Returns what somebody may have written of an image: the tag, the repository and the whole. */
function splitImage(image: string | undefined): string[] {
  if (image === undefined) return [];
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  const repository = image.replace(/:[^:/]+$/, "");
  return [...(tag === undefined ? [] : [tag]), repository, repository.split("/").slice(1).join("/"), image];
}

/** Returns the last line of a program that ended; the deployment's watch has often added it to the message already. */
function findLastLogLine(
  { cluster }: Evidence,
  failure: Failure,
  { pod, container, message }: FailedWorkload,
): string | undefined {
  if (failure !== crash || /last log line: /.test(message)) return undefined;
  const logs = (cluster?.logs ?? []).filter((log) => log.pod === pod && log.container === container);
  const best: ContainerLog | undefined = logs.find(({ previous }) => previous) ?? logs[0];
  const line = best?.text.trimEnd().split("\n").at(-1);
  return line ? `the last line of its log: ${shorten(line)}` : undefined;
}

export const provisionerDown: DiagnosisRule = {
  id: "provisioner-down",
  layer: "storage",
  title: "What provisions volumes does not run",
  evidence: "claims that are pending, and the pods of provisioners in kube-system",
  find: (evidence) => {
    const { claims = [], pods = [], workloads = [], namespaces = [] } = evidence.cluster ?? {};
    const events = filterRecentEvents(evidence);
    const pending = claims.filter(
      ({ metadata, status }) => status?.phase === "Pending" && namespaces.includes(metadata.namespace ?? ""),
    );
    const first = pending[0];
    if (first === undefined) return [];
    const name = `${first.metadata.namespace}/${first.metadata.name}`;
    return pods
      .filter(({ metadata }) => metadata.namespace === "kube-system" && isProvisioner(metadata.name))
      .flatMap((pod) => judgePod(pod, events).map((symptom) => ({ pod, symptom })))
      .slice(0, 1)
      .map(({ pod, symptom }) => ({
        what: `${findPodOwner(pod, workloads)}, which makes the volumes, does not run, so the claim ${name} is pending`,
        how: [
          `${symptom.reason}, pod kube-system/${pod.metadata.name}: ${shorten(symptom.message)}`,
          ...pending.map(
            ({ metadata }) => `PersistentVolumeClaim ${metadata.namespace}/${metadata.name} is Pending`,
          ),
        ],
        fix: symptom.fix,
        explains: listBrokenChecks(evidence, `PersistentVolumeClaim ${name}`),
      }));
  },
};

/** `local-path-provisioner-7c9`, a helper pod of it (`helper-pod-create-pvc-...`), a CSI driver's controller. */
function isProvisioner(pod: string): boolean {
  return /provisioner|^helper-pod-|csi/.test(pod);
}
