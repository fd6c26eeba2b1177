import { z } from "zod";
import { type Api, ApiError } from "../../kube/api.ts";
import type { Pod } from "../../kube/objects.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { isPrometheus } from "../../stack/discover.ts";
import type { AccessReview } from "../evidence.ts";
import type { Reader } from "./reader.ts";

/** A service account. */
interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** A request for which the API server is to say whether an account is allowed to send it. */
interface AccessRequest {
  readonly verb: string;
  /** A resource or a path, as in AccessReview. */
  readonly resource: string;
}

/** The requests that Prometheus' discovery and its scrapes of nodes and of the API server need. */
const neededRequests: readonly AccessRequest[] = [
  ...["nodes", "services", "endpoints", "endpointslices.discovery.k8s.io", "pods"].flatMap((resource) =>
    ["list", "watch"].map((verb) => ({ verb, resource })),
  ),
  { verb: "get", resource: "nodes/metrics" },
  { verb: "get", resource: "/metrics" },
];

const reviewSchema = z.object({
  status: z.object({ allowed: z.boolean(), reason: z.string().default("") }),
});

/** Reads from the API server which requests Prometheus' service account may send in the whole cluster. */
export async function gatherAccess(
  reader: Reader,
  api: Api,
  pods: readonly Pod[],
  rendered: readonly RenderedApp[],
): Promise<readonly AccessReview[]> {
  const account = findPodAccount(pods) ?? findChartAccount(rendered);
  if (account === undefined) return [];
  const user = `system:serviceaccount:${account.namespace}:${account.name}`;
  // All reviews count as one reading, since a user who may not send one of them may send none.
  const reviews = await reader.read(`what ${user} may do`, ({ signal }) =>
    Promise.all(neededRequests.map((request) => reviewAccess(api, signal, account, request))),
  );
  return (reviews ?? []).map((accessReview) => ({ user, ...accessReview }));
}

/** Returns the API server's decision about one request of the account. @throws ApiError if the review is refused */
async function reviewAccess(
  api: Api,
  signal: AbortSignal,
  { namespace, name }: Account,
  request: AccessRequest,
): Promise<Omit<AccessReview, "user">> {
  const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  const spec = {
    user: `system:serviceaccount:${namespace}:${name}`,
    // The API server considers only these groups. Without them, rights of all accounts would not count.
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    ...createReviewAttributes(request),
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
  return { ...request, allowed, reason };
}

/** The part of a SubjectAccessReview that describes the request: for a path, or for a resource. */
type ReviewAttributes =
  | { readonly nonResourceAttributes: { readonly verb: string; readonly path: string } }
  | {
      readonly resourceAttributes: {
        readonly verb: string;
        readonly group: string;
        readonly resource: string;
        readonly subresource: string;
      };
    };

/**
 * Returns the part of an access review that describes a request. A resource is written as
 * `plural.group/subresource`, e.g. `endpointslices.discovery.k8s.io` or `nodes/metrics`; a path starts with a slash.
 */
function createReviewAttributes({ verb, resource }: AccessRequest): ReviewAttributes {
  if (resource.startsWith("/")) return { nonResourceAttributes: { verb, path: resource } };
  const [qualifiedName = "", subresource = ""] = resource.split("/");
  const [plural = "", ...group] = qualifiedName.split(".");
  return { resourceAttributes: { verb, group: group.join("."), resource: plural, subresource } };
}

/** Returns the service account of a running Prometheus pod; undefined if no pod exists. */
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

/**
 * Returns Prometheus' service account from the rendered objects, because pods may be missing for lack of this account.
 */
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
