import { z } from "zod";
import { type Api, ApiError } from "../../kube/api.ts";
import type { Reader } from "./reader.ts";

/** Objects per list: more than any stack has, and still a bounded answer. */
const mostItems = 1_000;

const listSchema = z.looseObject({
  kind: z.string(),
  apiVersion: z.string(),
  metadata: z.looseObject({ continue: z.string().optional() }).optional(),
  items: z.array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) })).nullable(),
});

export interface Lists {
  /**
   * A list as the API server sends it, with the kind that it leaves out of a list's items.
   * @param path with its query, e.g. `/api/v1/nodes`.
   * @returns undefined when it could not be read.
   */
  all<T>(what: string, path: string): Promise<readonly T[] | undefined>;
  /** The same, but of each object its metadata only: a Secret's content is never requested, and a CRD is long. */
  metadata<T>(what: string, path: string): Promise<readonly T[] | undefined>;
}

export function createLists(reader: Reader, api: Api): Lists {
  const list = <T>(what: string, path: string, accept: string): Promise<readonly T[] | undefined> =>
    reader.read(what, async ({ signal }) => {
      const limited = `${path}${path.includes("?") ? "&" : "?"}limit=${mostItems}`;
      const { status, body } = await api.ask(limited, signal, { headers: { accept } });
      if (status !== 200) throw new ApiError(path, status, body);
      const { kind, apiVersion, metadata, items } = listSchema.parse(JSON.parse(body));
      if (metadata?.continue) reader.note(`the rest of ${what}`, `only the first ${mostItems} were read`);
      const common = { apiVersion, kind: kind.replace(/List$/, "") };
      return (items ?? []).map((item) => ({ ...common, ...item }) as T);
    });
  return {
    all: (what, path) => list(what, path, "application/json"),
    metadata: (what, path) =>
      list(what, path, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),
  };
}
