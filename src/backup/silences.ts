import { z } from "zod";
import type { Context } from "../host/host.ts";
import { abridgeBody, expectOk, parseJson, sendRequest } from "../stack/http.ts";
import type { HttpEndpoint } from "../stack/stack.ts";
import { createEmptyResult, type Restored } from "./target.ts";

export const Silence = z.object({
  matchers: z.array(
    z.object({
      name: z.string(),
      value: z.string(),
      isRegex: z.boolean(),
      isEqual: z.boolean().default(true),
    }),
  ),
  startsAt: z.string(),
  endsAt: z.string(),
  createdBy: z.string(),
  comment: z.string(),
});
export type Silence = z.infer<typeof Silence>;

const listedSchema = z.array(Silence.extend({ status: z.object({ state: z.string() }) }));

/** Returns the URL of Alertmanager's silences. */
function getSilencesUrl({ url }: HttpEndpoint): string {
  return `${url.replace(/(?<!\/)\/+$/, "")}/api/v2/silences`;
}

/** Returns the silences that are active or will become active. */
export async function readSilences(context: Context, endpoint: HttpEndpoint): Promise<Silence[]> {
  const listed = parseJson(expectOk(await sendRequest(context, getSilencesUrl(endpoint))), listedSchema);
  return listed
    .filter(({ status }) => status.state !== "expired")
    .map(({ status: _, ...silence }) => silence);
}

/** Creates silences again. Expired and existing ones are skipped. */
export async function restoreSilences(
  context: Context,
  endpoint: HttpEndpoint,
  silences: readonly Silence[],
): Promise<Restored> {
  const restored = createEmptyResult();
  const existingKeys = new Set((await readSilences(context, endpoint)).map(createComparisonKey));
  for (const silence of silences) {
    const what = formatMatchers(silence);
    if (Date.parse(silence.endsAt) <= context.host.now()) {
      restored.skipped.push(`${what}: it ended at ${silence.endsAt}`);
      continue;
    }
    if (existingKeys.has(createComparisonKey(silence))) {
      restored.skipped.push(`${what}: it is there already`);
      continue;
    }
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(silence);
    const response = await sendRequest(context, getSilencesUrl(endpoint), { method: "POST", headers, body });
    if (response.status === 200) restored.created.push(what);
    else restored.failed.push(`${what}: HTTP ${response.status}: ${abridgeBody(response.body)}`);
  }
  return restored;
}

/**
 * Returns a text that is the same for equal silences. It has no start time, since Alertmanager changes a start in the
 * past.
 */
function createComparisonKey({ matchers, endsAt, comment }: Silence): string {
  const matcherTexts = matchers.map(({ name, value, isRegex, isEqual }) =>
    [name, value, isRegex, isEqual].join(" "),
  );
  return JSON.stringify([matcherTexts.sort(), Date.parse(endsAt), comment]);
}

/** Returns a silence's matchers as Alertmanager writes them. */
function formatMatchers({ matchers }: Silence): string {
  const matcherTexts = matchers.map(
    ({ name, value, isRegex, isEqual }) =>
      `${name}${isEqual ? (isRegex ? "=~" : "=") : isRegex ? "!~" : "!="}${JSON.stringify(value)}`,
  );
  return `{${matcherTexts.join(", ")}}`;
}
