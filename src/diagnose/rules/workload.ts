import { needAlertmanager, needGrafana, needPrometheus, notPassed } from "../failed.ts";
import { shorten } from "../log-lines.ts";
import { type Trouble, troublesOf } from "../troubles.ts";
import type { ContainerLog, DiagnosisRule, Evidence, Found } from "../types.ts";
import { imageIn, type WorkloadWords, workloadWords } from "./workload-words.ts";

/** A rule for each way in which a workload fails. */
export const workloadRules: readonly DiagnosisRule[] = workloadWords.map((words) => ({
  id: words.id,
  layer: words.layer,
  title: words.title,
  evidence: "the states, conditions and events of pods, claims and their controllers",
  find: (evidence) =>
    merged(troublesOf(evidence).filter((trouble) => wordsFor(trouble) === words)).map(([first, all]) =>
      toFound(evidence, words, first, all),
    ),
}));

export const notReadyInTime: DiagnosisRule = {
  id: "not-ready-in-time",
  layer: "workload",
  title: "A workload was not ready when its time was up",
  evidence: "the deployment's own watch",
  find: (evidence) =>
    troublesOf(evidence)
      .filter((trouble) => wordsFor(trouble) === undefined)
      .map(({ workload, pod, reason, message, mend }) => ({
        what: `${workload} is not ready: ${shorten(message, 200)}`,
        how: [`${reason}${pod === undefined ? "" : `, pod ${pod}`}: ${shorten(message)}`],
        mend,
        sureness: "possible" as const,
        explains: explainedBy(evidence, workload),
        blame: undefined,
      })),
};

function wordsFor({ rule, message }: Trouble): WorkloadWords | undefined {
  return workloadWords.find(
    ({ rules, match }) => rules.includes(rule) && (match === undefined || match.test(message)),
  );
}

/** The same trouble of one workload's pods, or the same image of several, is told once. */
function merged(troubles: readonly Trouble[]): [Trouble, readonly Trouble[]][] {
  const groups = new Map<string, Trouble[]>();
  for (const trouble of troubles) {
    const key = `${trouble.workload}|${trouble.container ?? ""}`;
    groups.set(key, [...(groups.get(key) ?? []), trouble]);
  }
  return [...groups.values()].flatMap((group) =>
    group[0] === undefined ? [] : [[group[0], group] as const],
  ) as [Trouble, readonly Trouble[]][];
}

function toFound(evidence: Evidence, words: WorkloadWords, trouble: Trouble, all: readonly Trouble[]): Found {
  const { workload, container, pod, reason, message, mend } = trouble;
  const where = container === undefined ? workload : `${workload}, container ${container}`;
  const pods = all.length > 1 ? ` (${all.length} pods)` : "";
  const log = words.id === "crash" ? lastLine(evidence, trouble) : undefined;
  const taken = imageIn(message);
  return {
    what: `${where}: ${words.what(trouble)}${pods}`,
    how: [
      `${reason}${pod === undefined ? "" : `, pod ${pod}`}: ${shorten(message)}`,
      ...(log === undefined ? [] : [log]),
    ],
    mend,
    sureness: words.sureness ?? "certain",
    explains: explainedBy(evidence, workload),
    blame:
      words.keys === undefined
        ? undefined
        : { app: undefined, keys: words.keys, values: taken === undefined ? [] : partsOf(taken) },
  };
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

function explainedBy(evidence: Evidence, workload: string): readonly string[] {
  const name = workload.split("/").at(-1) ?? "";
  if (/grafana/.test(name)) return notPassed(evidence, needGrafana);
  if (/alertmanager/.test(name)) return notPassed(evidence, needAlertmanager);
  if (/state-metrics/.test(name))
    return notPassed(evidence, /^(workloads|targets|kube-|query-pod|dashboard|rule)/);
  if (/node-exporter/.test(name))
    return notPassed(evidence, /^(workloads|targets|node-|query-node|dashboard|rule)/);
  if (/prometheus/.test(name)) return notPassed(evidence, needPrometheus);
  return notPassed(evidence, /^(workloads|targets)/);
}
