import { z } from "zod";
import type { Context } from "../../host/host.ts";
import { encodeUrlPart } from "../../lib/text.ts";
import type { Stack } from "../../stack/check.ts";
import { type Datasource, grafanaClient, LoginRefused } from "../../stack/grafana.ts";
import { type Answer, send, tryJson } from "../../stack/http.ts";
import type { GrafanaEvidence } from "../evidence.ts";
import type { Reader } from "./reader.ts";

type Endpoint = NonNullable<Stack["grafana"]>;

const mostCharacters = 4_000;

/** What Grafana says of itself and of its datasources. */
export async function gatherGrafana(reader: Reader, endpoint: Endpoint): Promise<GrafanaEvidence> {
  const [health, listed] = await Promise.all([
    reader.read("Grafana's health", (context) => healthOf(context, endpoint)),
    reader.read("Grafana's datasources", (context) => datasourcesOf(context, endpoint)),
  ]);
  const datasources = listed === "refused" || listed === undefined ? [] : listed;
  const standard = datasources.find(({ isDefault }) => isDefault);
  const proxy =
    standard &&
    (await reader.read(`Grafana's proxy to ${standard.name}`, (context) =>
      throughProxy(context, endpoint, standard.uid),
    ));
  return {
    health,
    loginRefused: listed === "refused",
    datasources: datasources.map(({ name, type, url, uid, isDefault }) => ({
      name,
      type,
      url,
      uid,
      isDefault,
    })),
    proxy: proxy && { status: proxy.status, body: proxy.body.slice(0, mostCharacters) },
  };
}

async function healthOf(context: Context, endpoint: Endpoint) {
  const { status, body } = await send(context, `${rootOf(endpoint)}/api/health`);
  const said = z.looseObject({ database: z.string() }).safeParse(tryJson(body));
  return { status, database: said.data?.database };
}

async function datasourcesOf(
  context: Context,
  endpoint: Endpoint,
): Promise<readonly Datasource[] | "refused"> {
  try {
    return await grafanaClient(context, endpoint).datasources();
  } catch (error) {
    if (error instanceof LoginRefused) return "refused";
    throw error;
  }
}

/** Not by the client: here a 401 is what the datasource says, and no refused login. */
function throughProxy(context: Context, endpoint: Endpoint, uid: string): Promise<Answer> {
  const credentials = Buffer.from(`${endpoint.user}:${endpoint.password}`).toString("base64");
  const path = `/api/datasources/proxy/uid/${encodeUrlPart(uid)}/api/v1/query?query=vector(1)`;
  return send(context, `${rootOf(endpoint)}${path}`, { headers: { authorization: `Basic ${credentials}` } });
}

function rootOf({ url }: Endpoint): string {
  return url.replace(/(?<!\/)\/+$/, "");
}
