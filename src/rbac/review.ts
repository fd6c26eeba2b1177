import {
  AuthorizationV1Api,
  type KubeConfig,
  type V1NonResourceRule,
  type V1ResourceRule,
} from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { describeApiError, limitCallTime } from "../kube/api.ts";
import { coversPath, coversResource, type Right } from "./right.ts";

const requestMs = 10_000;
const parallelReviews = 16;
/** A namespace that does not exist. A user has only the rights of cluster-wide roles there. */
const missingNamespace = "monstack-asks-what-holds-everywhere";

/** The rules that apply to this user in a namespace. */
interface UserRules {
  readonly resources: readonly V1ResourceRule[];
  readonly paths: readonly V1NonResourceRule[];
}

/**
 * Returns the rights that this user lacks according to the API server. It sends one request for the user's rules in each
 * namespace, then one review for each right that no rule grants, since a webhook may grant it. Returns none if the API
 * server does not support such reviews: then the requests themselves will fail.
 */
export async function findMissingRights(
  context: Context,
  kube: KubeConfig,
  rights: readonly Right[],
): Promise<readonly Right[]> {
  const api = kube.makeApiClient(AuthorizationV1Api);
  const options = () => limitCallTime(requestMs, context.signal);
  try {
    const ungrantedRights = await filterUngranted(rights, async (namespace) => {
      const { status } = await api.createSelfSubjectRulesReview({ body: { spec: { namespace } } }, options());
      return { resources: status?.resourceRules ?? [], paths: status?.nonResourceRules ?? [] };
    });
    const missingRights = await reviewOneByOne(ungrantedRights, async (spec) => {
      const { status } = await api.createSelfSubjectAccessReview({ body: { spec } }, options());
      return status?.allowed === true;
    });
    return rights.filter((right) => missingRights.has(right));
  } catch (error) {
    context.signal.throwIfAborted();
    context.log.debug(`what this user may do is not known: ${describeApiError(error)}`);
    return [];
  }
}

/** Returns the rights that none of the user's rules grants. Requests the rules once for each namespace. */
async function filterUngranted(
  rights: readonly Right[],
  readRules: (namespace: string) => Promise<UserRules>,
): Promise<readonly Right[]> {
  const namespaces = [...new Set(rights.map(getNamespace))];
  const rulesByNamespace = new Map(
    await Promise.all(namespaces.map(async (name) => [name, await readRules(name)] as const)),
  );
  return rights.filter((right) => {
    const rules = rulesByNamespace.get(getNamespace(right));
    return rules === undefined || !isGranted(right, rules);
  });
}

/** Returns a right's namespace; for a cluster-wide right a namespace that does not exist. */
function getNamespace(right: Right): string {
  return (right.kind === "resource" ? right.namespace : undefined) ?? missingNamespace;
}

/** True if one of the rules grants the right. */
function isGranted(right: Right, { resources, paths }: UserRules): boolean {
  if (right.kind === "path")
    return paths.some(({ verbs, nonResourceURLs = [] }) =>
      verbs.some((verb) => nonResourceURLs.some((path) => coversPath({ verb, path }, right))),
    );
  return resources.some(({ verbs, apiGroups = [], resources: plurals = [], resourceNames = [] }) => {
    const names = resourceNames.length === 0 ? [undefined] : resourceNames;
    return verbs.some((verb) =>
      apiGroups.some((group) =>
        plurals.some((resource) =>
          names.some((name) => coversResource({ verb, group, resource, name }, right)),
        ),
      ),
    );
  });
}

/** Sends one access review per right, up to 16 at the same time. @returns the rights that are not allowed */
async function reviewOneByOne(
  rights: readonly Right[],
  isAllowed: (spec: object) => Promise<boolean>,
): Promise<ReadonlySet<Right>> {
  const deniedRights = new Set<Right>();
  const pendingRights = [...rights];
  const reviewPending = async () => {
    for (let right = pendingRights.shift(); right !== undefined; right = pendingRights.shift())
      if (!(await isAllowed(toReviewAttributes(right)))) deniedRights.add(right);
  };
  try {
    await Promise.all(Array.from({ length: parallelReviews }, reviewPending));
  } finally {
    pendingRights.length = 0;
  }
  return deniedRights;
}

/** Returns the part of an access review that describes the right. */
function toReviewAttributes(right: Right): object {
  if (right.kind === "path") return { nonResourceAttributes: { verb: right.verb, path: right.path } };
  const { verb, group, namespace, name } = right;
  const [resource = "", ...subresourceParts] = right.resource.split("/");
  return {
    resourceAttributes: {
      ...{ verb, group, resource },
      ...(subresourceParts.length === 0 ? {} : { subresource: subresourceParts.join("/") }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    },
  };
}
