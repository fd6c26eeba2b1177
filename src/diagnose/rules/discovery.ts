import type { Meta } from "../../kube/objects.ts";
import type { Evidence } from "../evidence.ts";
import { failedChecks, quoteCheck, withFault } from "../failed.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

const scrape = "prometheus.io/scrape";

export const scrapeAnnotationWrong: DiagnosisRule = {
  id: "scrape-annotation-wrong",
  layer: "targets",
  title: "A scrape annotation that has no effect",
  evidence: "the annotations of services and pods",
  find: (evidence) => {
    const checks = failedChecks(evidence).filter(({ id }) => /^targets-up$|^own\/|^query-/.test(id));
    return annotated(evidence).flatMap(({ kind, metadata }) => wrongIn(kind, metadata, checks));
  },
};

/** Misspelt keys are not looked for: any annotation may be somebody else's. */
function wrongIn(kind: string, metadata: Meta, checks: ReturnType<typeof failedChecks>): readonly Finding[] {
  const name = `${kind} ${metadata.namespace}/${metadata.name}`;
  const value = metadata.annotations?.[scrape];
  const port = metadata.annotations?.["prometheus.io/port"];
  const speaking = checks.filter(({ expected, seen }) => `${expected} ${seen}`.includes(metadata.name));
  const found = (what: string, how: string, fix: string, values: readonly string[]): Finding => ({
    what,
    how: [how, ...speaking.map(quoteCheck)],
    fix,
    sureness: speaking.length > 0 ? "likely" : "possible",
    explains: speaking.map(({ id }) => id),
    keys: [scrape, "prometheus.io/port"],
    values,
  });
  if (value !== undefined && !["true", "false"].includes(value)) {
    const what = `${name} is not scraped: its annotation ${scrape} is "${value}", and only "true" counts`;
    return [
      found(what, `${name} has the annotation ${scrape}: "${value}"`, `Set ${scrape}: "true", in quotes.`, [
        value,
      ]),
    ];
  }
  if (value === "true" && port !== undefined && !/^\d+$/.test(port)) {
    const what = `${name} is not scraped at the port that is meant: its annotation prometheus.io/port is "${port}", which is no number`;
    return [
      found(
        what,
        `${name} has the annotation prometheus.io/port: "${port}"`,
        "Write the port's number: names of ports don't work there.",
        [port],
      ),
    ];
  }
  return [];
}

function annotated({ cluster }: Evidence) {
  return [
    ...(cluster?.services ?? []).map(({ metadata }) => ({ kind: "Service", metadata })),
    ...(cluster?.pods ?? []).map(({ metadata }) => ({ kind: "Pod", metadata })),
  ];
}

export const targetsMissing: DiagnosisRule = {
  id: "targets-missing",
  layer: "targets",
  title: "Prometheus doesn't find what it is to scrape",
  evidence: "the targets that manifests and the live cluster let expect, against those that Prometheus has",
  find: (evidence) =>
    withFault(evidence, "targets-missing").map((check) => {
      const unloaded = jobsNotInForce(evidence, check.seen);
      const denied = (evidence.cluster?.access ?? []).filter(({ allowed }) => !allowed);
      return {
        what:
          unloaded.length > 0
            ? `Prometheus does not have the job ${unloaded.join(", ")} in the configuration that is in force`
            : `Prometheus does not find all that it is to scrape: ${check.seen}`,
        how: [
          quoteCheck(check),
          ...denied.map(({ user, verb, resource }) => `${user} may not ${verb} ${resource}`),
        ],
        fix:
          unloaded.length > 0
            ? "Let Prometheus load its configuration again, and read its log if it refuses."
            : "Compare the job's relabelling with the labels, annotations and port names of what it is to find; what has no ready pod is found by nobody.",
        sureness: unloaded.length > 0 ? "certain" : "likely",
        explains: [check.id],
        keys: [scrape, "relabel_configs"],
      };
    }),
};

function jobsNotInForce({ prometheus }: Evidence, seen: string): readonly string[] {
  const { config } = prometheus ?? {};
  if (config === undefined) return [];
  const jobs = [...seen.matchAll(/job (\S+) has /g)].map(([, job = ""]) => job);
  return [...new Set(jobs)].filter(
    (job) => !config.includes(`job_name: ${job}`) && !config.includes(`job_name: "${job}"`),
  );
}
