import { type Failure, matchFailure } from "../../failures/failure.ts";
import { helmFailures } from "../../failures/helm.ts";
import type { Evidence } from "../evidence.ts";
import { shortenToLine } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

/** A rule for each way in which helm fails. */
export const helmRules: readonly DiagnosisRule[] = helmFailures.map((failure) => ({
  ...failure,
  evidence: "what helm reported when the release could not be rendered or installed",
  find: (evidence) => (evidence.failure === undefined ? [] : findHelmFailure(failure, evidence.failure)),
}));

/** Returns the finding if helm's error reports this failure; otherwise an empty list. */
function findHelmFailure(
  failure: Failure,
  { message, fix }: NonNullable<Evidence["failure"]>,
): readonly Finding[] {
  const matchedFailure = matchFailure([failure], message);
  if (matchedFailure === undefined) return [];
  const app = /\bapp (\S+) \(chart/.exec(message)?.[1];
  const { explanation, values } = matchedFailure;
  const keys = matchedFailure.keys ?? parseRefusedKeys(message);
  return [
    {
      what:
        app === undefined
          ? `${explanation.charAt(0).toUpperCase()}${explanation.slice(1)}`
          : `App ${app}: ${explanation}`,
      how: [shortenToLine(ownSchemaMessage.test(message) ? message : `helm: ${message}`)],
      fix: (matchedFailure.hasOwnFix && fix) || matchedFailure.fix,
      app,
      keys,
      values,
    },
  ];
}

/** Matches monstack's own message about values that a chart's schema refuses. */
const ownSchemaMessage = /\(values\.schema\.json of the chart /;

/**
 * Returns the key that the chart's schema refuses: `at '/server/replicaCount': got string, want integer` (helm 4),
 * `- server.replicaCount: Invalid type` (helm 3), or `monstack.yaml:4:30: server.replicaCount: ...` (monstack's own message).
 */
function parseRefusedKeys(message: string): readonly string[] {
  const ownKey = /:\d{1,9}:\d{1,9}: ([\w.-]{1,300}): /.exec(message)?.[1];
  if (ownKey !== undefined && ownSchemaMessage.test(message)) return [ownKey];
  const pointerKey = /at '\/([^']+)'/.exec(message)?.[1]?.replaceAll("/", ".");
  const key = pointerKey ?? /^[ \t]*- ([\w.-]{1,300}): /m.exec(message)?.[1]?.replace(/^\(root\)\.?/, "");
  return key === undefined ? [] : [key];
}

export const releasePending: DiagnosisRule = {
  id: "release-pending",
  layer: "cluster",
  title: "A release is in the middle of an operation, or was left there",
  evidence: "the status labels of helm's release Secrets",
  find: ({ cluster, failure }) => {
    // If the deployment waited for workloads, helm had already finished.
    if (failure === undefined || failure.workloads.length > 0) return [];
    return (cluster?.releases ?? [])
      .filter(({ status }) => status.startsWith("pending-"))
      .filter(({ name }) => failure.message.split(/[^\w.-]+/).includes(name))
      .map(({ name, namespace, status, revision }) => ({
        what: `Release ${namespace}/${name} is ${status} since revision ${revision}: a helm was killed while it worked on it, or still does`,
        how: [`helm's Secret sh.helm.release.v1.${name}.v${revision} in ${namespace}: status=${status}`],
        fix: `helm -n ${namespace} ${revision > 1 ? `rollback ${name}` : `uninstall ${name}`}, and run again.`,
        sureness: "likely" as const,
      }));
  },
};
