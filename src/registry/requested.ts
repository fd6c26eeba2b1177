import { timingSafeEqual } from "node:crypto";
import { type ImageRef, parseImageRef } from "../lib/image.ts";

/** The object of a request: a manifest by tag or digest, or a blob by digest. */
export interface Requested {
  readonly kind: "manifest" | "blob";
  /** With the requested tag or digest. */
  readonly ref: ImageRef;
}

/** Maximum length of a request's path. Names of images are shorter. */
const maxUrlLength = 1024;
const digestForm = /^sha256:[0-9a-f]{64}$/;

/**
 * Parses a request of containerd to a mirror, for example `/SECRET/v2/grafana/grafana/manifests/13.2.0?ns=docker.io`.
 * @returns undefined for any other request. No part of the request is used as a file path
 */
export function parseRequested(url: string, secret: string): Requested | undefined {
  if (url.length > maxUrlLength) return undefined;
  const [path = "", query = ""] = url.split("?", 2);
  const [, given = "", ...rest] = path.split("/");
  if (!isSame(given, secret) || rest.shift() !== "v2") return undefined;
  const reference = rest.pop() ?? "";
  const group = rest.pop();
  const registry = new URLSearchParams(query).get("ns") ?? "";
  const separator = digestForm.test(reference) ? "@" : ":";
  if (registry === "" || (group === "blobs" && separator === ":")) return undefined;
  if (group !== "manifests" && group !== "blobs") return undefined;
  try {
    const ref = parseImageRef(`${registry}/${rest.join("/")}${separator}${reference}`);
    // Without this check, an invalid registry such as `library` would be read as a folder of docker.io.
    if (ref.registry !== registry) return undefined;
    return { kind: group === "blobs" ? "blob" : "manifest", ref };
  } catch {
    return undefined;
  }
}

function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}

/** Parses a Range header such as `bytes=10-19` or `bytes=10-`. Returns undefined for any other: then the whole body is sent. */
export function parseByteRange(
  header: string | undefined,
  size: number,
): { readonly from: number; readonly to: number } | undefined {
  const [, first = "", last = ""] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === "") return undefined;
  const [from, to] = [Number(first), last === "" ? size : Math.min(size, Number(last) + 1)];
  return from < to ? { from, to } : undefined;
}
