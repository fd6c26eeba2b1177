import { z } from "zod";
import type { Context } from "../host/host.ts";
import { expectOk, parseJson, send } from "./http.ts";
import type { HttpEndpoint } from "./types.ts";

const statusSchema = z.object({
  cluster: z.object({ status: z.string() }),
  versionInfo: z.object({ version: z.string() }),
});

/** Alertmanager's HTTP API v2. Throws HttpError on anything but a good answer. */
export function alertmanagerClient(context: Context, endpoint: HttpEndpoint) {
  const base = endpoint.url.replace(/\/+$/, "");
  return {
    /** `cluster` is ready, settling or disabled (a single one). */
    status: async () => {
      const answer = expectOk(await send(context, `${base}/api/v2/status`));
      const status = parseJson(answer, statusSchema);
      return { cluster: status.cluster.status, version: status.versionInfo.version };
    },
  };
}
