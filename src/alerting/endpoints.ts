import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { encodeUrlPart } from "../lib/text.ts";
import { probeLabel } from "./own-alerts.ts";

/** The address on this host at which monstack receives the notifications. */
export interface CaptureAddress {
  /** An address that pods reach, e.g. `10.42.0.1`. */
  readonly host: string;
  readonly httpPort: number;
  readonly smtpPort: number;
  /** A random part of every address: a request without it is not from Alertmanager. Undefined for a stack of an earlier version. */
  readonly token?: string | undefined;
}

/** One integration of a receiver in Alertmanager's configuration. */
export interface Endpoint {
  /** The receiver's name in the configuration. */
  readonly receiver: string;
  /** Its key in the configuration without `_configs`: slack, email, webhook, pagerduty, ... */
  readonly integration: string;
  /** Position among the receiver's integrations of this kind, from 0. */
  readonly index: number;
}

/** The header of an e-mail that names its endpoint. */
export const endpointHeader = "X-Monstack-Endpoint";
/** The header of an e-mail with the probes of its firing alerts. */
export const probeHeader = "X-Monstack-Probe";

/** Formats an endpoint as `slack/slack/0`, each part encoded: the end of its URL, and of the mark in an e-mail. */
export function formatEndpoint({ receiver, integration, index }: Endpoint): string {
  return [receiver, integration, String(index)].map(encodeUrlPart).join("/");
}

/** Parses the text of `formatEndpoint`; returns undefined if it is not an endpoint. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [receiver, integration, index, ...rest] = text.split("/").map(tryDecode);
  if (receiver === undefined || integration === undefined || rest.length > 0) return undefined;
  if (!/^\d+$/.test(index ?? "")) return undefined;
  return { receiver, integration, index: Number(index) };
}

/** Returns the URL to which an integration over HTTP sends. */
export function buildEndpointUrl(address: CaptureAddress, endpoint: Endpoint): string {
  return `${buildReceiverUrl(address)}${formatTokenPath(address)}${endpointPrefix}${formatEndpoint(endpoint)}`;
}

/** Returns the URL that lists the received notifications. */
export function buildArrivalsUrl(address: CaptureAddress): string {
  return `${buildReceiverUrl(address)}${formatTokenPath(address)}${arrivalsPath}`;
}

/** Returns the value of the e-mail header that names the endpoint, with the token. */
export function formatMailMark({ token }: CaptureAddress, endpoint: Endpoint): string {
  return `${token === undefined ? "" : `${token}/`}${formatEndpoint(endpoint)}`;
}

/**
 * Returns the rest of a path or of an e-mail's mark after the token, with its slash; undefined if the text does not
 * begin with the token. The comparison takes the same time for each wrong token.
 */
export function stripToken(token: string | undefined, text: string): string | undefined {
  // Without a known token, nothing is accepted.
  if (token === undefined || token === "") return undefined;
  const [givenToken, expectedToken] = [text.slice(0, token.length), token].map((part) => Buffer.from(part));
  const isSame =
    givenToken !== undefined &&
    givenToken.length === expectedToken?.length &&
    timingSafeEqual(givenToken, expectedToken);
  return isSame && text[token.length] === "/" ? text.slice(token.length) : undefined;
}

/** Returns the token as the first part of a path; empty without a token. */
function formatTokenPath({ token }: CaptureAddress): string {
  return token === undefined ? "" : `/${token}`;
}

export const endpointPrefix = "/receivers/";
export const arrivalsPath = "/arrivals";

/** Returns the URL of monstack's receiver without a path. */
export function buildReceiverUrl({ host, httpPort }: CaptureAddress): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${httpPort}`;
}

/** Formats an endpoint for messages: `slack (slack)`, `ops (email 2)`. */
export function describeEndpoint({ receiver, integration, index }: Endpoint): string {
  return `${receiver} (${integration}${index > 0 ? ` ${index + 1}` : ""})`;
}

/** Returns a decoded part of a URL; undefined if it is not valid. */
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
  /** The values of the label `monstack_probe` of the firing alerts. */
  readonly probes: readonly string[];
}

/** A request that is not a notification, with the reason. */
export interface Refusal {
  readonly at: number;
  /** The request, e.g. its path. */
  readonly what: string;
  readonly why: string;
}

/** The receiver's response with the notifications that arrived. */
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

/** The probes in a received message, or why it is not a notification. */
export type MessageResult =
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

/** Returns the probes in a request to an endpoint's URL, or why the request is not a notification. */
export function readRequest(endpoint: Endpoint, contentType: string, body: string): MessageResult {
  // Slack also accepts a form with the JSON in its field `payload`.
  const isForm = contentType.startsWith("application/x-www-form-urlencoded");
  const text = isForm ? (new URLSearchParams(body).get("payload") ?? "") : body;
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

/**
 * Returns the probes in an e-mail, or why it is not a notification; undefined for an e-mail without the token.
 * @param message the data after DATA, with lines that end in CRLF
 */
export function readMail(message: string, token: string | undefined): MessageResult | undefined {
  const [headerText = ""] = message.split("\r\n\r\n", 1);
  const headers = new Map(
    headerText
      .replace(/\r\n[ \t]+/g, " ")
      .split("\r\n")
      .map((line) => /^([^:\s]+):(.*)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name = "", value = ""]) => [name.toLowerCase(), value.trim()]),
  );
  const endpointPath = stripToken(token, headers.get(endpointHeader.toLowerCase())?.trim() ?? "");
  if (endpointPath === undefined) return undefined;
  const endpoint = parseEndpoint(endpointPath.slice(1));
  if (endpoint === undefined)
    return { refused: `an e-mail whose header ${endpointHeader} names no receiver` };
  return { endpoint, probes: findProbes(headers.get(probeHeader.toLowerCase()) ?? "") };
}

/** Returns the probes in a text that Alertmanager made from a template. */
function findProbes(text: string): string[] {
  return [...text.matchAll(/monstack-probes\(([^()]*)\)/g)].flatMap(([, probes = ""]) =>
    probes.split(/\s+/).filter((probe) => probe !== ""),
  );
}

/** Returns parsed JSON; undefined if the text is not JSON. */
function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
