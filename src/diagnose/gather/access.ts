import { z } from "zod";
import { type Api, ApiError } from "../../kube/api.ts";
import type { Pod } from "../../kube/objects.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { isPrometheus } from "../../stack/discover.ts";
import type { AccessReview } from "../evidence.ts";
import type { Reader } from "./reader.ts";

interface Account {
  readonly namespace: string;
  readonly name: string;
}

interface Question {
  readonly verb: string;
  /** As in AccessReview. */
  readonly resource: string;
}

/** What Prometheus' discovery lists and watches, and what it reads of nodes and of the API server. */
const questions: readonly Question[] = [
  ...["nodes", "services", "endpoints", "endpointslices.discovery.k8s.io", "pods"].flatMap((resource) =>
    ["list", "watch"].map((verb) => ({ verb, resource })),
  ),
  { verb: "get", resource: "nodes/metrics" },
  { verb: "get", resource: "/metrics" },
];

const reviewSchema = z.object({
  status: z.object({ allowed: z.boolean(), reason: z.string().default("") }),
});

/** Reads from the API server what Prometheus' service account may do in the whole cluster. */
export async function gatherAccess(
  reader: Reader,
  api: Api,
  pods: readonly Pod[],
  rendered: readonly RenderedApp[],
): Promise<readonly AccessReview[]> {
  const account = findPodAccount(pods) ?? findChartAccount(rendered);
  if (account === undefined) return [];
  const user = `system:serviceaccount:${account.namespace}:${account.name}`;
  // One reading for all: a user who may not send one of the reviews may send none.
  const reviews = await reader.read(`what ${user} may do`, ({ signal }) =>
    Promise.all(questions.map((question) => review(api, signal, account, question))),
  );
  return (reviews ?? []).map((one) => ({ user, ...one }));
}

async function review(
  api: Api,
  signal: AbortSignal,
  { namespace, name }: Account,
  question: Question,
): Promise<Omit<AccessReview, "user">> {
  const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  const spec = {
    user: `system:serviceaccount:${namespace}:${name}`,
    // The API server uses only the groups that are given: without them, what is granted to all accounts would not count.
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    ...toAttributes(question),
  };
  const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
  const response = await api.send(path, signal, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.status !== 200 && response.status !== 201)
    throw new ApiError(path, response.status, response.body);
  const { allowed, reason } = reviewSchema.parse(JSON.parse(response.body)).status;
  return { ...question, allowed, reason };
}

function toAttributes({ verb, resource }: Question) {
  if (resource.startsWith("/")) return { nonResourceAttributes: { verb, path: resource } };
  const [full = "", subresource = ""] = resource.split("/");
  const [plural = "", ...group] = full.split(".");
  return { resourceAttributes: { verb, group: group.join("."), resource: plural, subresource } };
}

function findPodAccount(pods: readonly Pod[]): Account | undefined {
  const pod = pods.find(
    ({ metadata }) => metadata.deletionTimestamp === undefined && isPrometheus(metadata.labels ?? {}),
  );
  if (pod === undefined) return undefined;
  const spec = pod.spec as { serviceAccountName?: string } | undefined;
  return { namespace: pod.metadata.namespace ?? "", name: spec?.serviceAccountName ?? "default" };
}

const workloadSchema = z.object({
  spec: z.object({
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({ serviceAccountName: z.string().default("default") }),
    }),
  }),
});

/** Returns the account from the rendered objects: pods may be missing because the account is. */
function findChartAccount(rendered: readonly RenderedApp[]): Account | undefined {
  for (const { app, objects } of rendered) {
    for (const object of objects) {
      const template = workloadSchema.safeParse(object).data?.spec.template;
      if (template === undefined || !isPrometheus(template.metadata.labels)) continue;
      return {
        namespace: object.metadata.namespace ?? app.namespace,
        name: template.spec.serviceAccountName,
      };
    }
  }
  return undefined;
}
