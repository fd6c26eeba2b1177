import { hasWord } from "../../lib/text.ts";
import { selects } from "../../model/rendered.ts";
import type { ClusterEvidence, Evidence } from "../evidence.ts";
import { failedChecks, notPassed, quoteCheck } from "../failed.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

type Service = ClusterEvidence["services"][number];

export const noEndpoints: DiagnosisRule = {
  id: "no-endpoints",
  layer: "network",
  title: "A service leads to no pod",
  evidence: "services of the stack, their endpoint slices, and the pods' labels and ports",
  find: (evidence) => {
    const { services = [], namespaces = [] } = evidence.cluster ?? {};
    return services
      .filter(({ metadata }) => namespaces.includes(metadata.namespace ?? ""))
      .filter((service) => !hasEndpoint(evidence, service))
      .flatMap((service) => toFound(evidence, service));
  },
};

function hasEndpoint({ cluster }: Evidence, { metadata }: Service): boolean {
  return (cluster?.endpointSlices ?? [])
    .filter((slice) => slice.metadata.namespace === metadata.namespace)
    .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name)
    .some(
      ({ ports, endpoints }) =>
        (ports?.length ?? 0) > 0 && endpoints?.some(({ conditions }) => conditions?.ready !== false),
    );
}

function toFound(evidence: Evidence, service: Service): Finding[] {
  const { metadata, spec } = service;
  const name = `Service ${metadata.namespace}/${metadata.name}`;
  const selector = spec?.selector ?? {};
  const pods = (evidence.cluster?.pods ?? []).filter(
    (pod) => pod.metadata.namespace === metadata.namespace && selects(selector, pod.metadata.labels),
  );
  const explains = explainedBy(evidence, service);
  // A chart may bring a service that nobody needs; and of pods that are not ready their own state tells more.
  if (Object.keys(selector).length === 0 || explains.length === 0) return [];
  const why = pods.length === 0 ? noPod(selector) : wrongPort(service, pods);
  if (why === undefined) return [];
  const quoted = failedChecks(evidence).filter(({ id }) => explains.includes(id));
  return [
    {
      what: `${name} leads to no pod: ${why}`,
      how: [
        `the API server: no endpoint slice of ${name} has a ready endpoint`,
        ...quoted.slice(0, 1).map(quoteCheck),
      ],
      fix:
        pods.length === 0
          ? "Correct the service's selector or the pods' labels, or bring back the workload whose pods it is to find."
          : "Give the container a port of that name, or name the service's targetPort by its number.",
      sureness: "likely",
      explains,
      keys: ["selector", "podLabels", "targetPort", "service"],
    },
  ];
}

function noPod(selector: Readonly<Record<string, string>>): string {
  const wanted = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return `no pod has the labels that it selects (${wanted.join(", ")})`;
}

function wrongPort({ spec }: Service, pods: ClusterEvidence["pods"]): string | undefined {
  const names = pods.flatMap((pod) => pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? []);
  const missing = (spec?.ports ?? []).find(
    ({ targetPort }) => typeof targetPort === "string" && !names.some(({ name }) => name === targetPort),
  );
  return (
    missing &&
    `its port is called "${missing.targetPort}", and no container of its pods has a port of that name`
  );
}

/** Checks that speak of it; if it is Prometheus' own service, all that ask through it. */
function explainedBy(evidence: Evidence, { metadata }: Service): readonly string[] {
  return notPassed(evidence).filter((id) => {
    const check = evidence.checks.find((one) => one.id === id);
    if (check === undefined) return false;
    const words = check.status === "error" ? check.error : "seen" in check ? check.seen : "";
    const cause = "cause" in check ? (check.cause ?? "") : "";
    return hasWord(`${words} ${cause}`, metadata.name);
  });
}
