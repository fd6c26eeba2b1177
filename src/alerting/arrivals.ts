import { z } from "zod";
import { behindToken, type Endpoint, endpointHeader, parseEndpoint, probeHeader } from "./endpoints.ts";
import { probeLabel } from "./own-alerts.ts";

/** A notification of Alertmanager that arrived at monstack. */
export interface Arrival {
  readonly endpoint: Endpoint;
  /** Milliseconds since the epoch, by this host's clock. */
  readonly at: number;
  /** Of the firing alerts of monstack's own in it, the values of the label `monstack_probe`. */
  readonly probes: readonly string[];
}

/** What could not be taken for a notification, and why. */
export interface Refusal {
  readonly at: number;
  /** What was asked for, e.g. a path. */
  readonly what: string;
  readonly why: string;
}

/** The answer of the receiver to the question what arrived. */
export type ArrivalList = z.infer<typeof ArrivalList>;
export const ArrivalList = z.object({
  arrivals: z.array(
    z.object({
      endpoint: z.object({ receiver: z.string(), integration: z.string(), index: z.number() }),
      at: z.number(),
      probes: z.array(z.string()),
    }),
  ),
  refused: z.array(z.object({ at: z.number(), what: z.string(), why: z.string() })),
});

/** What a message came to: the probes in it, or why it is none. */
export type ReadMessage =
  | { readonly endpoint: Endpoint; readonly probes: readonly string[] }
  | { readonly refused: string };

const webhookSchema = z.object({
  alerts: z.array(z.object({ status: z.string(), labels: z.record(z.string(), z.string()) })),
});

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: a text, or attachments, or blocks. */
const slackSchema = z.union([
  z.looseObject({ text: z.string() }),
  z.looseObject({ attachments: z.array(z.looseObject({})).min(1) }),
  z.looseObject({ blocks: z.array(z.looseObject({})).min(1) }),
]);

/** A request to an endpoint's URL. */
export function readRequest(endpoint: Endpoint, contentType: string, body: string): ReadMessage {
  const form = contentType.startsWith("application/x-www-form-urlencoded");
  const text = form ? (new URLSearchParams(body).get("payload") ?? "") : body;
  const json = tryJson(text);
  if (json === undefined) return { refused: "the body is no JSON" };
  if (endpoint.integration === "slack") {
    if (!slackSchema.safeParse(json).success)
      return { refused: "no message for Slack: it has no text, attachments or blocks" };
    return { endpoint, probes: probesIn(text) };
  }
  const webhook = webhookSchema.safeParse(json);
  if (!webhook.success) return { refused: "not the JSON of a webhook: it has no alerts" };
  const firing = webhook.data.alerts.filter(({ status }) => status === "firing");
  return { endpoint, probes: firing.flatMap(({ labels }) => labels[probeLabel] ?? []) };
}

/** A whole e-mail as it comes after DATA, lines ending in CRLF; undefined for one that doesn't have the token. */
export function readMail(message: string, token: string | undefined): ReadMessage | undefined {
  const [head = ""] = message.split("\r\n\r\n", 1);
  const headers = new Map(
    head
      .replace(/\r\n[ \t]+/g, " ")
      .split("\r\n")
      .map((line) => /^([^:\s]+):(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name = "", value = ""]) => [name.toLowerCase(), value.trim()]),
  );
  const named = behindToken(token, headers.get(endpointHeader.toLowerCase())?.trim() ?? "");
  if (named === undefined) return undefined;
  const endpoint = parseEndpoint(named.slice(1));
  if (endpoint === undefined)
    return { refused: `an e-mail whose header ${endpointHeader} names no receiver` };
  return { endpoint, probes: probesIn(headers.get(probeHeader.toLowerCase()) ?? "") };
}

/** The probes in a text that Alertmanager made from a template. */
function probesIn(text: string): string[] {
  return [...text.matchAll(/monstack-probes\(([^()]*)\)/g)].flatMap(([, probes = ""]) =>
    probes.split(/\s+/).filter((one) => one !== ""),
  );
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
