import type { ResourceRight } from "./types.ts";

/** Groups of the API. */
export const core = "";
export const discovery = "discovery.k8s.io";
export const storage = "storage.k8s.io";

/** `stack`: in each of its namespaces; `cluster`: everywhere; `system`: where CoreDNS and k3s' own pods are. */
type Place = "stack" | "cluster" | "system";

/** One line of what monstack asks: verbs, group, resource, place. */
export type Use = readonly [verbs: readonly string[], group: string, resource: string, place: Place];

/** Asked for the proof that a check of absence could have seen something (verify/coverage.ts). */
export const coverageUses: readonly Use[] = [
  [["list"], core, "nodes", "cluster"],
  [["list"], core, "pods", "cluster"],
  [["list"], core, "services", "cluster"],
  [["list"], discovery, "endpointslices", "cluster"],
];

export function rights(
  [verbs, group, resource, place]: Use,
  namespaces: readonly string[],
  purpose: string,
  need: ResourceRight["need"],
): ResourceRight[] {
  const where = { stack: namespaces, cluster: [undefined], system: ["kube-system"] }[place];
  return where.flatMap((namespace) =>
    verbs.map(
      (verb) => ({ kind: "resource", verb, group, resource, namespace, purposes: [purpose], need }) as const,
    ),
  );
}
