import { z } from "zod";
import type { Api } from "../../kube/api.ts";
import { findNearestWord } from "../../lib/suggest.ts";
import { tryParseJson } from "../../lib/text.ts";
import { abridgeBody } from "../../stack/http.ts";

/** A kind of Kubernetes objects, and its paths in the API. */
export interface Kind {
  readonly kind: string;
  /** `/api/v1` or `/apis/GROUP/VERSION`. */
  readonly base: string;
  /** `deployments`. */
  readonly plural: string;
  readonly isNamespaced: boolean;
}

const resourceSchema = z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() });
const resourceListSchema = z.object({ resources: z.array(resourceSchema) });
const groupListSchema = z.object({
  groups: z.array(z.object({ name: z.string(), preferredVersion: z.object({ groupVersion: z.string() }) })),
});
const aggregatedDiscoverySchema = z.object({
  kind: z.literal("APIGroupDiscoveryList"),
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string().optional() }),
      versions: z.array(
        z.object({
          version: z.string(),
          resources: z
            .array(
              z.object({
                resource: z.string(),
                responseKind: z.object({ kind: z.string() }).nullish(),
                scope: z.string(),
              }),
            )
            .nullish(),
        }),
      ),
    }),
  ),
});

/** Accepts all groups in one response; servers before 1.27 know only the last type. */
const acceptedTypes = [
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
  "application/json",
].join(",");

/**
 * Returns the kind with this name, from the API group that the server lists first; a text with the reason if there is
 * none.
 * @param name the kind or its plural, in upper or lower case
 */
export async function findKind(
  api: Api,
  name: string,
  apiVersion: string | undefined,
  signal: AbortSignal,
): Promise<Kind | string> {
  const kinds =
    apiVersion === undefined
      ? await listAllKinds(api, signal)
      : await listVersionKinds(api, buildBasePath(apiVersion), signal);
  if (kinds === undefined) return `the cluster has no API ${apiVersion}`;
  const lowerCaseName = name.toLowerCase();
  const matchingKind = kinds.find(
    ({ kind, plural }) => kind.toLowerCase() === lowerCaseName || plural === lowerCaseName,
  );
  if (matchingKind) return matchingKind;
  const similar = findNearestWord(name, [...new Set(kinds.map(({ kind }) => kind))]);
  const searchedText = apiVersion === undefined ? "the cluster" : apiVersion;
  return `${searchedText} has no kind ${name}${similar === undefined ? "" : `; did you mean ${similar}?`}`;
}

/**
 * Returns the kinds of all API groups in the server's order. Uses one request for all groups where the server supports
 * it.
 */
async function listAllKinds(api: Api, signal: AbortSignal): Promise<Kind[]> {
  const [coreKinds, groupsResponse] = await Promise.all([
    listVersionKinds(api, "/api/v1", signal),
    api.send("/apis", signal, { headers: { accept: acceptedTypes } }),
  ]);
  const json = tryParseJson(groupsResponse.body);
  const aggregatedGroups = aggregatedDiscoverySchema.safeParse(json);
  if (aggregatedGroups.success)
    return [...(coreKinds ?? []), ...aggregatedGroups.data.items.flatMap(listGroupKinds)];
  const plainGroups = groupListSchema.safeParse(json);
  if (!plainGroups.success)
    throw new Error(
      `Kubernetes API, /apis: HTTP ${groupsResponse.status}: ${abridgeBody(groupsResponse.body)}`,
    );
  const kindsOfGroups = plainGroups.data.groups.map(({ preferredVersion }) =>
    // A group whose server is down must not hide the kinds of the other groups.
    listVersionKinds(api, `/apis/${preferredVersion.groupVersion}`, signal).catch(() => []),
  );
  return [...(coreKinds ?? []), ...(await Promise.all(kindsOfGroups)).flatMap((kinds) => kinds ?? [])];
}

/** Returns the kinds of one API group, from the server's aggregated discovery. */
function listGroupKinds({
  metadata,
  versions,
}: z.infer<typeof aggregatedDiscoverySchema>["items"][number]): Kind[] {
  return versions.flatMap(({ version, resources }) =>
    (resources ?? []).map(({ resource: plural, responseKind, scope }) => ({
      kind: responseKind?.kind ?? "",
      base: `/apis/${metadata.name}/${version}`,
      plural,
      isNamespaced: scope === "Namespaced",
    })),
  );
}

/**
 * Returns the kinds of one API version; undefined if the server does not know the version.
 * @throws Error on any other failure
 */
async function listVersionKinds(api: Api, base: string, signal: AbortSignal): Promise<Kind[] | undefined> {
  const { status, body } = await api.send(base, signal);
  if (status === 404) return undefined;
  const parsed = resourceListSchema.safeParse(tryParseJson(body));
  if (status !== 200 || !parsed.success)
    throw new Error(`Kubernetes API, ${base}: HTTP ${status}: ${abridgeBody(body)}`);
  // A name with a slash is a part of an object (`pods/log`).
  return parsed.data.resources
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, kind, namespaced }) => ({ kind, base, plural: name, isNamespaced: namespaced }));
}

/** Returns the base path of an API version: `/api/v1`, `/apis/apps/v1`. */
function buildBasePath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
