import { z } from "zod";
import type { HttpEndpoint } from "../../stack/check.ts";
import { expectOk, parseJson, send } from "../../stack/http.ts";
import type { AlertmanagerEvidence } from "../evidence.ts";
import type { Reader } from "./reader.ts";

const statusSchema = z.object({
  versionInfo: z.object({ version: z.string() }).optional(),
  config: z.object({ original: z.string() }).optional(),
});

/** What Alertmanager says of itself. */
export async function gatherAlertmanager(
  reader: Reader,
  { url }: HttpEndpoint,
): Promise<AlertmanagerEvidence> {
  const status = await reader.read("Alertmanager's status", async (context) =>
    parseJson(expectOk(await send(context, `${url.replace(/(?<!\/)\/+$/, "")}/api/v2/status`)), statusSchema),
  );
  return { version: status?.versionInfo?.version, config: status?.config?.original };
}
