import { timingSafeEqual } from "node:crypto";
import { type ImageRef, parseImageRef } from "../lib/image.ts";

/** What a request asks for: a manifest by tag or digest, or a blob by digest, of a registry's repository. */
export interface Requested {
  readonly kind: "manifest" | "blob";
  /** Its tag or its digest is what is requested. */
  readonly ref: ImageRef;
}

/** Longer than any name that a registry knows, with all its parts. */
const longestUrl = 1024;
const digestForm = /^sha256:[0-9a-f]{64}$/;

/**
 * Parses `/SECRET/v2/grafana/grafana/manifests/13.2.0?ns=docker.io`, as containerd asks a mirror.
 * @returns undefined for everything else; nothing of it becomes a path
 */
export function parseRequested(url: string, secret: string): Requested | undefined {
  if (url.length > longestUrl) return undefined;
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
    // A registry that is none, such as `library`, would be taken for a folder of docker.io.
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

/** Parses `bytes=10-19` or `bytes=10-`. Undefined: the whole body, as for every other range. */
export function parseByteRange(
  header: string | undefined,
  size: number,
): { readonly from: number; readonly to: number } | undefined {
  const [, first = "", last = ""] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === "") return undefined;
  const [from, to] = [Number(first), last === "" ? size : Math.min(size, Number(last) + 1)];
  return from < to ? { from, to } : undefined;
}
