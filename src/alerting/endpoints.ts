import { timingSafeEqual } from "node:crypto";
import { encodeUrlPart } from "../lib/url-part.ts";

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

/** Undefined when it is no endpoint. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [receiver, integration, index, ...rest] = text.split("/").map(decoded);
  if (receiver === undefined || integration === undefined || rest.length > 0) return undefined;
  if (!/^\d+$/.test(index ?? "")) return undefined;
  return { receiver, integration, index: Number(index) };
}

/** Where an integration over HTTP sends to. */
export function endpointUrl(at: CaptureAddress, endpoint: Endpoint): string {
  return `${receiverUrl(at)}${tokenPath(at)}${endpointPrefix}${formatEndpoint(endpoint)}`;
}

/** Where what arrived can be asked for. */
export function arrivalsUrl(at: CaptureAddress): string {
  return `${receiverUrl(at)}${tokenPath(at)}${arrivalsPath}`;
}

/** What an e-mail carries to say which endpoint it is for. */
export function mailMark({ token }: CaptureAddress, endpoint: Endpoint): string {
  return `${token === undefined ? "" : `${token}/`}${formatEndpoint(endpoint)}`;
}

/** The rest of a path or of an e-mail's mark behind the token; undefined without it. */
export function behindToken(token: string | undefined, text: string): string | undefined {
  // Where none is known, nothing is taken.
  if (token === undefined || token === "") return undefined;
  const [given, wanted] = [text.slice(0, token.length), token].map((one) => Buffer.from(one));
  const isSame = given !== undefined && given.length === wanted?.length && timingSafeEqual(given, wanted);
  return isSame && text[token.length] === "/" ? text.slice(token.length) : undefined;
}

function tokenPath({ token }: CaptureAddress): string {
  return token === undefined ? "" : `/${token}`;
}

export const endpointPrefix = "/receivers/";
export const arrivalsPath = "/arrivals";

export function receiverUrl({ host, httpPort }: CaptureAddress): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${httpPort}`;
}

/** `slack (slack)`, `ops (email 2)`: as a message names it. */
export function describeEndpoint({ receiver, integration, index }: Endpoint): string {
  return `${receiver} (${integration}${index > 0 ? ` ${index + 1}` : ""})`;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
