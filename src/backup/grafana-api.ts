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

/** Only what is named here is kept: a datasource's secrets are in fields that are not, old versions' plain ones too. */
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
  /** Names of the secrets that it had, which no backup holds. */
  secrets: z.array(z.string()),
});
export type StoredDatasource = z.infer<typeof StoredDatasource>;

export const StoredDashboard = z.object({
  folderUid: z.string(),
  dashboard: z.looseObject({ uid: z.string(), title: z.string() }),
});
export type StoredDashboard = z.infer<typeof StoredDashboard>;

const hitsSchema = z.array(z.object({ uid: z.string(), title: z.string() }));
const boardSchema = z.object({
  meta: z.looseObject({ folderUid: z.string().default(""), provisioned: z.boolean().default(false) }),
  dashboard: z.looseObject({ uid: z.string(), title: z.string() }),
});
const sourceSchema = Datasource.extend({
  readOnly: z.boolean().default(false),
  secureJsonFields: z.record(z.string(), z.boolean()).nullish(),
});

/** What Grafana itself takes for "all". */
const most = 5000;

export type GrafanaApi = ReturnType<typeof createGrafanaApi>;

/** The part of Grafana's HTTP API that a backup needs; of versions 9 to 13. Throws HttpError on anything but a good answer. */
export function createGrafanaApi(context: Context, { url, user, password }: Endpoint) {
  const base = url.replace(/(?<!\/)\/+$/, "");
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const headers = { authorization, accept: "application/json", "content-type": "application/json" };
  const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T> =>
    parseJson(expectOk(await sendRequest(context, `${base}${path}`, { headers })), schema);
  const find = async <T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> => {
    const answer = await sendRequest(context, `${base}${path}`, { headers });
    return answer.status === 404 ? undefined : parseJson(expectOk(answer), schema);
  };
  const post = (path: string, body: unknown): Promise<HttpResponse> =>
    sendRequest(context, `${base}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const of = encodeUrlPart;
  return {
    version: async () => (await get("/api/health", z.looseObject({ version: z.string() }))).version,
    /** Those directly below a folder. Versions without nested folders list all, whatever is asked. */
    folders: (parent?: string): Promise<Folder[]> =>
      get(
        `/api/folders?limit=${most}${parent === undefined ? "" : `&parentUid=${of(parent)}`}`,
        z.array(Folder),
      ),
    datasourceUids: async () =>
      (await get("/api/datasources", z.array(z.object({ uid: z.string() })))).map(({ uid }) => uid),
    datasource: (uid: string) => find(`/api/datasources/uid/${of(uid)}`, sourceSchema),
    dashboardUids: async () =>
      (await get(`/api/search?type=dash-db&limit=${most}`, hitsSchema)).map(({ uid }) => uid),
    dashboard: (uid: string) => find(`/api/dashboards/uid/${of(uid)}`, boardSchema),
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

/** Why it was not taken; undefined when it was. */
function describeRefusal(answer: HttpResponse): string | undefined {
  return answer.status === 200 ? undefined : `HTTP ${answer.status}: ${abridgeBody(answer.body)}`;
}
