import { UserError } from "./errors.ts";

/** https://github.com/distribution/reference (reference.go): its grammar, which containerd and docker share. */
const hostPattern = /^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(:\d+)?$/;
const pathComponentPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
const maxNameLength = 255;

/**
 * Parses an image's name and fills in the defaults: docker.io, `library/`, `latest`.
 * @throws UserError with the invalid part
 */
export function parseImageRef(text: string): ImageRef {
  const fail = (why: string, fix?: string) =>
    new UserError(`${JSON.stringify(text)} is not an image: ${why}`, {
      fix: fix ?? "expected for example grafana/grafana:13.2.0 or quay.io/prometheus/prometheus:v3.14.0",
    });
  const scheme = /^[a-z]+:\/\//.exec(text)?.[0];
  if (scheme !== undefined) throw fail("it is a URL", `write ${text.slice(scheme.length)}`);
  const at = text.indexOf("@");
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  if (digest !== undefined && !digestPattern.test(digest))
    throw fail(
      `${digest || "nothing"} after the @ is not a digest (sha256: and 64 hex digits in lower case)`,
    );
  // A colon before the last slash is a port's.
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !tagPattern.test(tag))
    throw fail(
      `${tag || "nothing"} after the colon is not a tag (letters, digits, _ . -, at most 128, not beginning with . or -)`,
    );
  const { registry, path } = splitRegistry(colon < 0 ? named : named.slice(0, colon));
  if (!hostPattern.test(registry))
    throw fail(`${registry} is not a registry (a host, with a port if need be)`);
  const wrong = path.split("/").find((part) => !pathComponentPattern.test(part));
  if (wrong !== undefined) throw createPartError(fail, wrong);
  // As docker does: it would be taken for an image's id.
  if (/^[0-9a-f]{64}$/.test(named)) throw fail("64 hex digits alone are an id, not a name");
  const repository = registry === "docker.io" && !path.includes("/") ? `library/${path}` : path;
  if (`${registry}/${repository}`.length > maxNameLength)
    throw fail(`its name is longer than ${maxNameLength} characters`);
  return { registry, repository, tag: tag ?? (digest === undefined ? "latest" : undefined), digest };
}

/** The whole name, as the cluster calls it: `docker.io/library/busybox:1.38.0`. */
export function formatImageRef({ registry, repository, tag, digest }: ImageRef): string {
  return [
    `${registry}/${repository}`,
    tag === undefined ? "" : `:${tag}`,
    digest === undefined ? "" : `@${digest}`,
  ].join("");
}

/** Returns the full name of an image, as the cluster uses it. Returns an invalid name unchanged. */
export function toFullImageName(image: string): string {
  try {
    return formatImageRef(parseImageRef(image));
  } catch {
    return image;
  }
}

/** The first part is a registry when it can't be a folder of docker.io's. */
function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isRegistry = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  if (slash < 0 || !isRegistry) return { registry: "docker.io", path: name };
  return { registry: first === "index.docker.io" ? "docker.io" : first, path: name.slice(slash + 1) };
}

function createPartError(fail: (why: string, fix?: string) => UserError, part: string): UserError {
  if (part === "") return fail("a part of its name is empty");
  if (part !== part.toLowerCase())
    return fail(`${part} has capital letters, which no registry allows`, `write ${part.toLowerCase()}`);
  return fail(`${part} must be letters and digits in lower case, with single . _ __ or - between them`);
}

/**
 * Returns the name under which containerd stores an image that was pulled by this name, and under which the kubelet looks
 * it up: with a digest it has no tag (ParseDockerRef).
 */
export function toContainerdName(image: string): string {
  const ref = parseImageRef(image);
  return formatImageRef(ref.digest === undefined ? ref : { ...ref, tag: undefined });
}

/** An image's name, taken apart: `grafana/grafana:13.2.0` is docker.io, grafana/grafana, 13.2.0. */
export interface ImageRef {
  /** Host and port, `docker.io` where none is named. */
  readonly registry: string;
  /** `library/busybox` for `busybox`. */
  readonly repository: string;
  /** `latest` where neither it nor a digest is named; undefined beside a digest only. */
  readonly tag: string | undefined;
  /** `sha256:...`, where the name has it. */
  readonly digest: string | undefined;
}

/** An image as a lock has it: its name in the charts, whole, and what its registry said that it is. */
export interface LockedImage {
  /** `docker.io/grafana/grafana:13.2.0`. */
  readonly image: string;
  /** `sha256:...`, of its index where it has one. */
  readonly digest: string;
}
