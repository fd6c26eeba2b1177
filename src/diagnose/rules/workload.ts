import { listOf } from "../../stack/check.ts";
import { brokenBy } from "../dependents.ts";
import { shorten } from "../log-lines.ts";
import { type Trouble, troublesOf } from "../troubles.ts";
import type { ContainerLog, DiagnosisRule, Evidence, Found } from "../types.ts";
import { imageIn } from "./image-words.ts";
import type { WorkloadWords } from "./words.ts";
import { workloadWords } from "./workload-words.ts";

/** A rule for each way in which a workload fails. */
export const workloadRules: readonly DiagnosisRule[] = workloadWords.map((words) => ({
  id: words.id,
  layer: words.layer,
  title: words.title,
  evidence: "the states, conditions and events of pods, claims and their controllers",
  find: (evidence) =>
    merged(
      words,
      troublesOf(evidence).filter((trouble) => wordsFor(trouble) === words),
    ).map(([first, all]) => toFound(evidence, words, first, all)),
}));

export const notReadyInTime: DiagnosisRule = {
  id: "not-ready-in-time",
  layer: "workload",
  title: "A workload was not ready when its time was up",
  evidence: "the deployment's own watch",
  find: (evidence) =>
    troublesOf(evidence)
      .filter((trouble) => wordsFor(trouble) === undefined && trouble.rule !== "namespace-ending")
      .map(({ workload, pod, reason, message, fix }) => ({
        what: `${workload} is not ready: ${shorten(message, 200)}`,
        how: [`${reason}${pod === undefined ? "" : `, pod ${pod}`}: ${shorten(message)}`],
        fix,
        sureness: "likely" as const,
        explains: brokenBy(evidence, workload, pod),
        blame: undefined,
      })),
};

function wordsFor({ rule, message }: Trouble): WorkloadWords | undefined {
  return workloadWords.find(
    ({ rules, match }) => rules.includes(rule) && (match === undefined || match.test(message)),
  );
}

/** What several pods have in common is told once; a registry that is away, once for all that need it. */
function merged(
  words: WorkloadWords,
  troubles: readonly Trouble[],
): (readonly [first: Trouble, all: readonly Trouble[]])[] {
  const keyOf = ({ workload, container }: Trouble) => (words.shared ? "" : `${workload}|${container ?? ""}`);
  const groups = Map.groupBy(troubles, keyOf);
  return [...groups.values()].flatMap((all) => (all[0] === undefined ? [] : [[all[0], all] as const]));
}

/** A state that may heal by itself for so long is none that names its cause for sure. */
const longGraceMs = 20_000;

function toFound(evidence: Evidence, words: WorkloadWords, trouble: Trouble, all: readonly Trouble[]): Found {
  const { workload, container, pod, reason, message, fix, givenUp } = trouble;
  const where = container === undefined ? workload : `${workload}, container ${container}`;
  const told = [words.id === "crash" ? lastLine(evidence, trouble) : limitOf(evidence, words, trouble)];
  const taken = imageIn(message);
  return {
    what: `${where}: ${words.what(trouble)}${othersOf(all)}`,
    how: [
      `${reason}${pod === undefined ? "" : `, pod ${pod}`}: ${shorten(message)}`,
      ...told.filter((line) => line !== undefined),
      ...(givenUp === undefined ? [] : [`its time was up ${givenUp}`]),
    ],
    fix,
    sureness: words.sureness ?? (isDoubtful(trouble) ? "likely" : "certain"),
    explains: [...new Set(all.flatMap((one) => brokenBy(evidence, one.workload, one.pod)))],
    blame:
      words.keys === undefined
        ? undefined
        : {
            app: appOf(trouble),
            keys: words.keys,
            values: [...(words.values?.(trouble) ?? []), ...(taken === undefined ? [] : partsOf(taken))],
          },
  };
}

/** It may heal by itself, or has. */
function isDoubtful({ graceMs, isSingleEvent }: Trouble): boolean {
  return graceMs > longGraceMs || isSingleEvent === true;
}

/** ` (3 pods)`, ` (and Deployment monitoring/grafana)`. */
function othersOf(all: readonly Trouble[]): string {
  const workloads = [...new Set(all.map(({ workload }) => workload))];
  if (workloads.length > 1) return ` (and ${listOf(workloads.slice(1))})`;
  const pods = new Set(all.map(({ pod }) => pod)).size;
  return pods > 1 ? ` (${pods} pods)` : "";
}

/** What helm was refused names the app itself, and a claim that was not applied. */
function appOf({ workload, message }: Trouble): string | undefined {
  return /^App (\S+)$/.exec(workload)?.[1] ?? /^a volume claim of app (\S+):/.exec(message)?.[1];
}

function limitOf({ cluster }: Evidence, { id }: WorkloadWords, trouble: Trouble): string | undefined {
  if (id !== "oom-killed") return undefined;
  const pod = cluster?.pods.find(({ metadata }) => metadata.name === trouble.pod);
  const container = pod?.spec?.containers?.find(({ name }) => name === trouble.container);
  const limit = container?.resources?.limits?.["memory"];
  return limit === undefined
    ? undefined
    : `the limit of container ${trouble.container} is ${limit} of memory`;
}

/** The tag, the repository and the whole: what somebody may have written. */
function partsOf(image: string): string[] {
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  const repository = image.replace(/:[^:/]+$/, "");
  return [...(tag === undefined ? [] : [tag]), repository, repository.split("/").slice(1).join("/"), image];
}

/** The last words of the run before; the deployment's watch has often added them already. */
function lastLine({ cluster }: Evidence, { pod, container, message }: Trouble): string | undefined {
  if (/it said last: /.test(message)) return undefined;
  const logs = (cluster?.logs ?? []).filter((log) => log.pod === pod && log.container === container);
  const best: ContainerLog | undefined = logs.find(({ previous }) => previous) ?? logs[0];
  const line = best?.text.trimEnd().split("\n").at(-1);
  return line ? `the last line of its log: ${shorten(line)}` : undefined;
}
