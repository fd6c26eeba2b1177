import { type Failure, matchFailure } from "../../failures/failure.ts";
import { helmFailures } from "../../failures/helm.ts";
import { shorten } from "../log-lines.ts";
import type { DiagnosisRule } from "../rule.ts";

/** A rule for each way in which helm fails. */
export const helmRules: readonly DiagnosisRule[] = helmFailures.map((failure) => ({
  ...failure,
  evidence: "what helm reported when the release could not be rendered or installed",
  find: ({ failure: reported }) => (reported === undefined ? [] : findInHelm(failure, reported)),
}));

function findInHelm(failure: Failure, { message, fix }: { message: string; fix?: string | undefined }) {
  const known = matchFailure([failure], message);
  if (known === undefined) return [];
  const app = /\bapp (\S+) \(chart/.exec(message)?.[1];
  const { explanation, values } = known;
  const keys = known.keys ?? parseRefusedKeys(message);
  return [
    {
      what:
        app === undefined
          ? `${explanation.charAt(0).toUpperCase()}${explanation.slice(1)}`
          : `App ${app}: ${explanation}`,
      how: [shorten(`helm: ${message}`)],
      fix: (known.hasOwnFix && fix) || known.fix,
      app,
      keys,
      values,
    },
  ];
}

/** `at '/server/replicaCount': got string, want integer` (helm 4), or `- server.replicaCount: Invalid type` (helm 3). */
function parseRefusedKeys(message: string): readonly string[] {
  const pointer = /at '\/([^']+)'/.exec(message)?.[1]?.replaceAll("/", ".");
  const key = pointer ?? /^[ \t]*- ([\w.-]{1,300}): /m.exec(message)?.[1]?.replace(/^\(root\)\.?/, "");
  return key === undefined ? [] : [key];
}

export const releasePending: DiagnosisRule = {
  id: "release-pending",
  layer: "cluster",
  title: "A release is in the middle of an operation, or was left there",
  evidence: "the status labels of helm's release Secrets",
  find: ({ cluster, failure }) => {
    // While the workloads are waited for, helm is long done.
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
