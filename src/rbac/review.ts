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
/** A namespace that does not exist: there a user has only the rights of cluster-wide roles. */
const nowhere = "monstack-asks-what-holds-everywhere";

interface Known {
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
    const open = await filterUngranted(rights, async (namespace) => {
      const { status } = await api.createSelfSubjectRulesReview({ body: { spec: { namespace } } }, options());
      return { resources: status?.resourceRules ?? [], paths: status?.nonResourceRules ?? [] };
    });
    const lacked = await reviewOneByOne(open, async (spec) => {
      const { status } = await api.createSelfSubjectAccessReview({ body: { spec } }, options());
      return status?.allowed === true;
    });
    return rights.filter((right) => lacked.has(right));
  } catch (error) {
    context.signal.throwIfAborted();
    context.log.debug(`what this user may do is not known: ${describeApiError(error)}`);
    return [];
  }
}

async function filterUngranted(
  rights: readonly Right[],
  rulesIn: (namespace: string) => Promise<Known>,
): Promise<readonly Right[]> {
  const namespaces = [...new Set(rights.map(getNamespace))];
  const known = new Map(
    await Promise.all(namespaces.map(async (name) => [name, await rulesIn(name)] as const)),
  );
  return rights.filter((right) => {
    const rules = known.get(getNamespace(right));
    return rules === undefined || !isGranted(right, rules);
  });
}

function getNamespace(right: Right): string {
  return (right.kind === "resource" ? right.namespace : undefined) ?? nowhere;
}

function isGranted(right: Right, { resources, paths }: Known): boolean {
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
  allows: (spec: object) => Promise<boolean>,
): Promise<ReadonlySet<Right>> {
  const lacked = new Set<Right>();
  const left = [...rights];
  const work = async () => {
    for (let right = left.shift(); right !== undefined; right = left.shift())
      if (!(await allows(toReviewAttributes(right)))) lacked.add(right);
  };
  try {
    await Promise.all(Array.from({ length: parallelReviews }, work));
  } finally {
    left.length = 0;
  }
  return lacked;
}

function toReviewAttributes(right: Right): object {
  if (right.kind === "path") return { nonResourceAttributes: { verb: right.verb, path: right.path } };
  const { verb, group, namespace, name } = right;
  const [resource = "", ...sub] = right.resource.split("/");
  return {
    resourceAttributes: {
      ...{ verb, group, resource },
      ...(sub.length === 0 ? {} : { subresource: sub.join("/") }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    },
  };
}
