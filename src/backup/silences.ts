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

function getSilencesUrl({ url }: HttpEndpoint): string {
  return `${url.replace(/(?<!\/)\/+$/, "")}/api/v2/silences`;
}

/** Those that are in force, or will be. */
export async function readSilences(context: Context, endpoint: HttpEndpoint): Promise<Silence[]> {
  const listed = parseJson(expectOk(await sendRequest(context, getSilencesUrl(endpoint))), listedSchema);
  return listed
    .filter(({ status }) => status.state !== "expired")
    .map(({ status: _, ...silence }) => silence);
}

/** Makes silences anew; what is over or there already is left out. */
export async function restoreSilences(
  context: Context,
  endpoint: HttpEndpoint,
  silences: readonly Silence[],
): Promise<Restored> {
  const restored = createEmptyResult();
  const there = new Set((await readSilences(context, endpoint)).map(createComparisonKey));
  for (const silence of silences) {
    const what = describe(silence);
    if (Date.parse(silence.endsAt) <= context.host.now()) {
      restored.skipped.push(`${what}: it ended at ${silence.endsAt}`);
      continue;
    }
    if (there.has(createComparisonKey(silence))) {
      restored.skipped.push(`${what}: it is there already`);
      continue;
    }
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(silence);
    const answer = await sendRequest(context, getSilencesUrl(endpoint), { method: "POST", headers, body });
    if (answer.status === 200) restored.created.push(what);
    else restored.failed.push(`${what}: HTTP ${answer.status}: ${abridgeBody(answer.body)}`);
  }
  return restored;
}

/** When it began is changed by Alertmanager: a silence can't begin in the past. */
function createComparisonKey({ matchers, endsAt, comment }: Silence): string {
  const sorted = matchers.map(({ name, value, isRegex, isEqual }) =>
    [name, value, isRegex, isEqual].join(" "),
  );
  return JSON.stringify([sorted.sort(), Date.parse(endsAt), comment]);
}

function describe({ matchers }: Silence): string {
  const words = matchers.map(
    ({ name, value, isRegex, isEqual }) =>
      `${name}${isEqual ? (isRegex ? "=~" : "=") : isRegex ? "!~" : "!="}${JSON.stringify(value)}`,
  );
  return `{${words.join(", ")}}`;
}
