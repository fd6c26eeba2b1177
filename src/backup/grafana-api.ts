import { z } from "zod";
import type { Context } from "../host/host.ts";
import { encodeUrlPart } from "../lib/text.ts";
import { abridgeBody, expectOk, type HttpResponse, parseJson, sendRequest } from "../stack/http.ts";
import type { Stack } from "../stack/stack.ts";

type Endpoint = NonNullable<Stack["grafana"]>;

export const Folder = z.object({
  uid: z.string(),
  title: z.string(),
  parentUid: z.string().optional(),
});
export type Folder = z.infer<typeof Folder>;

/**
 * A datasource's settings in a backup. Other fields are dropped, since they can contain the datasource's secrets, in old
 * versions as plain text.
 */
export const Datasource = z.object({
  uid: z.string(),
  name: z.string(),
  type: z.string(),
  access: z.string().optional(),
  url: z.string().default(""),
  user: z.string().optional(),
  database: z.string().optional(),
  basicAuth: z.boolean().optional(),
  basicAuthUser: z.string().optional(),
  withCredentials: z.boolean().optional(),
  isDefault: z.boolean().optional(),
  jsonData: z.record(z.string(), z.unknown()).nullish(),
});
export type Datasource = z.infer<typeof Datasource>;

export const StoredDatasource = Datasource.extend({
  /** Names of the datasource's secrets. No backup contains their values. */
  secrets: z.array(z.string()),
});
export type StoredDatasource = z.infer<typeof StoredDatasource>;

export const StoredDashboard = z.object({
  folderUid: z.string(),
  dashboard: z.looseObject({ uid: z.string(), title: z.string() }),
});
export type StoredDashboard = z.infer<typeof StoredDashboard>;

const hitsSchema = z.array(z.object({ uid: z.string(), title: z.string() }));
const dashboardSchema = z.object({
  meta: z.looseObject({ folderUid: z.string().default(""), provisioned: z.boolean().default(false) }),
  dashboard: z.looseObject({ uid: z.string(), title: z.string() }),
});
const datasourceSchema = Datasource.extend({
  readOnly: z.boolean().default(false),
  secureJsonFields: z.record(z.string(), z.boolean()).nullish(),
});

/** Maximum number of objects in a list, as in Grafana itself. */
const maxObjects = 5000;

export type GrafanaApi = ReturnType<typeof createGrafanaApi>;

/**
 * Returns the requests to Grafana's HTTP API (versions 9 to 13) that a backup needs. The reading ones throw HttpError
 * for any status other than 200.
 */
export function createGrafanaApi(context: Context, { url, user, password }: Endpoint) {
  const base = url.replace(/(?<!\/)\/+$/, "");
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const headers = { authorization, accept: "application/json", "content-type": "application/json" };
  const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
    parseJson(expectOk(await sendRequest(context, `${base}${path}`, { headers })), schema);
  const getUnlessNotFound = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const response = await sendRequest(context, `${base}${path}`, { headers });
    return response.status === 404 ? undefined : parseJson(expectOk(response), schema);
  };
  const post = (path: string, body: unknown): Promise<HttpResponse> =>
    sendRequest(context, `${base}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return {
    version: async () => (await get("/api/health", z.looseObject({ version: z.string() }))).version,
    /** Returns the folders directly below `parent`. Versions without nested folders return all folders. */
    folders: (parent?: string): Promise<Folder[]> =>
      get(
        `/api/folders?limit=${maxObjects}${parent === undefined ? "" : `&parentUid=${encodeUrlPart(parent)}`}`,
        z.array(Folder),
      ),
    datasourceUids: async () =>
      (await get("/api/datasources", z.array(z.object({ uid: z.string() })))).map(({ uid }) => uid),
    datasource: (uid: string) =>
      getUnlessNotFound(`/api/datasources/uid/${encodeUrlPart(uid)}`, datasourceSchema),
    dashboardUids: async () =>
      (await get(`/api/search?type=dash-db&limit=${maxObjects}`, hitsSchema)).map(({ uid }) => uid),
    dashboard: (uid: string) =>
      getUnlessNotFound(`/api/dashboards/uid/${encodeUrlPart(uid)}`, dashboardSchema),
    createFolder: (folder: Folder) => post("/api/folders", folder).then(describeRefusal),
    createDatasource: (datasource: Datasource) => post("/api/datasources", datasource).then(describeRefusal),
    saveDashboard: ({ folderUid, dashboard }: StoredDashboard) => {
      const { id: _, version: __, ...model } = dashboard;
      const message = "restored by monstack";
      return post("/api/dashboards/db", { dashboard: model, folderUid, overwrite: true, message }).then(
        describeRefusal,
      );
    },
  };
}

/** Returns why Grafana refused a request; undefined if it succeeded. */
function describeRefusal(response: HttpResponse): string | undefined {
  return response.status === 200 ? undefined : `HTTP ${response.status}: ${abridgeBody(response.body)}`;
}
