import { shorten } from "../log-lines.ts";
import type { Blame, DiagnosisRule } from "../types.ts";
import { type HelmWords, helmWords } from "./helm-words.ts";

export const helmRules: readonly DiagnosisRule[] = helmWords.map((words) => ({
  id: words.id,
  layer: words.layer,
  title: words.title,
  evidence: "what helm said when the release could not be rendered or installed",
  find: ({ failure }) => {
    const found = words.match.exec(failure?.message ?? "");
    if (found === null || failure === undefined || words.unless?.test(failure.message)) return [];
    const app = /\bapp (\S+) \(chart/.exec(failure.message)?.[1];
    const what = words.what(found);
    return [
      {
        what: app === undefined ? `${what.charAt(0).toUpperCase()}${what.slice(1)}` : `App ${app}: ${what}`,
        how: [shorten(`helm: ${failure.message}`)],
        fix: (words.isOwnMessage && failure.fix) || words.fix,
        sureness: "certain",
        explains: [],
        blame: blameOf(words, found, failure.message, app),
      },
    ];
  },
}));

function blameOf(
  words: HelmWords,
  found: readonly string[],
  message: string,
  app: string | undefined,
): Blame | undefined {
  const own = words.blame?.(found);
  if (own !== undefined) return { app, ...own };
  const key = refusedKey(message);
  return key === undefined ? undefined : { app, keys: [key], values: [] };
}

/** `at '/server/replicaCount': got string, want integer` (helm 4), or `- server.replicaCount: Invalid type` (helm 3). */
function refusedKey(message: string): string | undefined {
  const pointer = /at '\/([^']+)'/.exec(message)?.[1]?.replaceAll("/", ".");
  return pointer ?? /^[ \t]*- ([\w.-]{1,300}): /m.exec(message)?.[1]?.replace(/^\(root\)\.?/, "");
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
        explains: [],
        blame: undefined,
      }));
  },
};
