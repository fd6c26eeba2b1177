import { AuthorizationV1Api, type KubeConfig } from "@kubernetes/client-node";
import { bounded, reasonOf } from "../cluster/client.ts";
import type { Context } from "../host/host.ts";
import type { Right } from "./types.ts";

const requestMs = 10_000;
const sideBySide = 16;

/**
 * Of these rights, those that the API server says this user doesn't have. An administrator is asked for only once. None
 * when it doesn't answer such questions: then the requests themselves will tell.
 */
export async function lackedRights(
  context: Context,
  kube: KubeConfig,
  rights: readonly Right[],
): Promise<readonly Right[]> {
  const api = kube.makeApiClient(AuthorizationV1Api);
  const allows = async (spec: object): Promise<boolean> => {
    const review = await api.createSelfSubjectAccessReview(
      { body: { spec } },
      bounded(requestMs, context.signal),
    );
    return review.status?.allowed === true;
  };
  const allowed = new Map<Right, boolean>();
  const left = [...rights];
  const work = async () => {
    for (let right = left.shift(); right !== undefined; right = left.shift())
      allowed.set(right, await allows(attributesOf(right)));
  };
  try {
    const any = { verb: "*", group: "*", resource: "*" };
    const everything = await Promise.all([
      allows({ resourceAttributes: any }),
      allows({ nonResourceAttributes: { verb: "*", path: "*" } }),
    ]);
    if (everything.every(Boolean)) return [];
    await Promise.all(Array.from({ length: sideBySide }, work));
  } catch (error) {
    context.signal.throwIfAborted();
    context.log.debug(`what this user may do can't be found out: ${reasonOf(error)}`);
    return [];
  } finally {
    left.length = 0;
  }
  return rights.filter((right) => allowed.get(right) === false);
}

function attributesOf(right: Right): object {
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
