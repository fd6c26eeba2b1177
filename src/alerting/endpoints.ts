import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { encodeUrlPart } from "../lib/text.ts";
import { probeLabel } from "./own-alerts.ts";

/** Where monstack takes the place of the receivers, on this host. */
export interface CaptureAddress {
  /** An address that pods reach, e.g. `10.42.0.1`. */
  readonly host: string;
  readonly httpPort: number;
  readonly smtpPort: number;
  /** Random, and part of every address: what comes without it is not from Alertmanager. A stack of an earlier version has none. */
  readonly token?: string | undefined;
}

/** One integration of a receiver in Alertmanager's configuration. */
export interface Endpoint {
  /** Its name in the configuration. */
  readonly receiver: string;
  /** As the configuration calls it, without `_configs`: slack, email, webhook, pagerduty, ... */
  readonly integration: string;
  /** Among those of this kind in the receiver, from 0. */
  readonly index: number;
}

/** The header of an e-mail that says which endpoint it is for. */
export const endpointHeader = "X-Monstack-Endpoint";
/** The header of an e-mail with the probes of its firing alerts. */
export const probeHeader = "X-Monstack-Probe";

/** `slack/slack/0`, each part encoded: the end of an endpoint's URL, and of what an e-mail carries. */
export function formatEndpoint({ receiver, integration, index }: Endpoint): string {
  return [receiver, integration, String(index)].map(encodeUrlPart).join("/");
}

/** Returns undefined if the path is not an endpoint. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [receiver, integration, index, ...rest] = text.split("/").map(tryDecode);
  if (receiver === undefined || integration === undefined || rest.length > 0) return undefined;
  if (!/^\d+$/.test(index ?? "")) return undefined;
  return { receiver, integration, index: Number(index) };
}

/** Returns where an integration over HTTP sends to. */
export function buildEndpointUrl(at: CaptureAddress, endpoint: Endpoint): string {
  return `${buildReceiverUrl(at)}${formatTokenPath(at)}${endpointPrefix}${formatEndpoint(endpoint)}`;
}

/** Returns the URL that lists what arrived. */
export function buildArrivalsUrl(at: CaptureAddress): string {
  return `${buildReceiverUrl(at)}${formatTokenPath(at)}${arrivalsPath}`;
}

/** Returns what an e-mail carries to say which endpoint it is for. */
export function formatMailMark({ token }: CaptureAddress, endpoint: Endpoint): string {
  return `${token === undefined ? "" : `${token}/`}${formatEndpoint(endpoint)}`;
}

/** Returns the rest of a path or of an e-mail's mark behind the token; undefined without it. */
export function stripToken(token: string | undefined, text: string): string | undefined {
  // Where none is known, nothing is taken.
  if (token === undefined || token === "") return undefined;
  const [given, wanted] = [text.slice(0, token.length), token].map((one) => Buffer.from(one));
  const isSame = given !== undefined && given.length === wanted?.length && timingSafeEqual(given, wanted);
  return isSame && text[token.length] === "/" ? text.slice(token.length) : undefined;
}

function formatTokenPath({ token }: CaptureAddress): string {
  return token === undefined ? "" : `/${token}`;
}

export const endpointPrefix = "/receivers/";
export const arrivalsPath = "/arrivals";

export function buildReceiverUrl({ host, httpPort }: CaptureAddress): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${httpPort}`;
}

/** `slack (slack)`, `ops (email 2)`: as a message names it. */
export function describeEndpoint({ receiver, integration, index }: Endpoint): string {
  return `${receiver} (${integration}${index > 0 ? ` ${index + 1}` : ""})`;
}

function tryDecode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

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
  /** What was requested, e.g. a path. */
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

/** The result of a message: the probes in it, or why it is invalid. */
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

/** Reads a request to an endpoint's URL. */
export function readRequest(endpoint: Endpoint, contentType: string, body: string): ReadMessage {
  const form = contentType.startsWith("application/x-www-form-urlencoded");
  const text = form ? (new URLSearchParams(body).get("payload") ?? "") : body;
  const json = tryJson(text);
  if (json === undefined) return { refused: "the body is not JSON" };
  if (endpoint.integration === "slack") {
    if (!slackSchema.safeParse(json).success)
      return { refused: "no message for Slack: it has no text, attachments or blocks" };
    return { endpoint, probes: findProbes(text) };
  }
  const webhook = webhookSchema.safeParse(json);
  if (!webhook.success) return { refused: "not the JSON of a webhook: it has no alerts" };
  const firing = webhook.data.alerts.filter(({ status }) => status === "firing");
  return { endpoint, probes: firing.flatMap(({ labels }) => labels[probeLabel] ?? []) };
}

/** Reads a whole e-mail as it comes after DATA, lines ending in CRLF; undefined for one that doesn't have the token. */
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
  const named = stripToken(token, headers.get(endpointHeader.toLowerCase())?.trim() ?? "");
  if (named === undefined) return undefined;
  const endpoint = parseEndpoint(named.slice(1));
  if (endpoint === undefined)
    return { refused: `an e-mail whose header ${endpointHeader} names no receiver` };
  return { endpoint, probes: findProbes(headers.get(probeHeader.toLowerCase()) ?? "") };
}

/** Returns the probes in a text that Alertmanager made from a template. */
function findProbes(text: string): string[] {
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
