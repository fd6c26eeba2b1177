import { UserError } from "./errors.ts";

/**
 * The grammar of image names, which containerd and docker share:
 * https://github.com/distribution/reference (reference.go).
 */
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
  const createError = (why: string, fix?: string) =>
    new UserError(`${JSON.stringify(text)} is not an image: ${why}`, {
      fix: fix ?? "expected for example grafana/grafana:13.2.0 or quay.io/prometheus/prometheus:v3.14.0",
    });
  const scheme = /^[a-z]+:\/\//.exec(text)?.[0];
  if (scheme !== undefined) throw createError("it is a URL", `write ${text.slice(scheme.length)}`);
  const atIndex = text.indexOf("@");
  const digest = atIndex < 0 ? undefined : text.slice(atIndex + 1);
  const nameAndTag = atIndex < 0 ? text : text.slice(0, atIndex);
  if (digest !== undefined && !digestPattern.test(digest))
    throw createError(
      `${digest || "nothing"} after the @ is not a digest (sha256: and 64 hex digits in lower case)`,
    );
  // A colon before the last slash belongs to a port.
  const colonIndex = nameAndTag.indexOf(":", nameAndTag.lastIndexOf("/") + 1);
  const tag = colonIndex < 0 ? undefined : nameAndTag.slice(colonIndex + 1);
  if (tag !== undefined && !tagPattern.test(tag))
    throw createError(
      `${tag || "nothing"} after the colon is not a tag (letters, digits, _ . -, at most 128, not beginning with . or -)`,
    );
  const { registry, path } = splitRegistry(colonIndex < 0 ? nameAndTag : nameAndTag.slice(0, colonIndex));
  if (!hostPattern.test(registry))
    throw createError(`${registry} is not a registry (a host, with a port if need be)`);
  const invalidPart = path.split("/").find((part) => !pathComponentPattern.test(part));
  if (invalidPart !== undefined) throw createPartError(createError, invalidPart);
  // docker refuses it too: it could be an image's id.
  if (/^[0-9a-f]{64}$/.test(nameAndTag)) throw createError("64 hex digits alone are an id, not a name");
  const repository = registry === "docker.io" && !path.includes("/") ? `library/${path}` : path;
  if (`${registry}/${repository}`.length > maxNameLength)
    throw createError(`its name is longer than ${maxNameLength} characters`);
  return { registry, repository, tag: tag ?? (digest === undefined ? "latest" : undefined), digest };
}

/** Returns the full name of an image, as the cluster uses it: `docker.io/library/busybox:1.38.0`. */
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

/**
 * Splits a name into its registry and path. The first part is a registry if it can't be a folder of docker.io: it has
 * a dot, a colon or a capital letter, or is `localhost`. Without a registry the image is from docker.io.
 */
function splitRegistry(name: string): { registry: string; path: string } {
  const slashIndex = name.indexOf("/");
  const firstPart = name.slice(0, Math.max(slashIndex, 0));
  const isRegistry =
    /[.:]/.test(firstPart) || firstPart === "localhost" || firstPart !== firstPart.toLowerCase();
  if (slashIndex < 0 || !isRegistry) return { registry: "docker.io", path: name };
  return {
    registry: firstPart === "index.docker.io" ? "docker.io" : firstPart,
    path: name.slice(slashIndex + 1),
  };
}

/** Returns the error for an invalid part of an image's path. */
function createPartError(createError: (why: string, fix?: string) => UserError, part: string): UserError {
  if (part === "") return createError("a part of its name is empty");
  if (part !== part.toLowerCase())
    return createError(
      `${part} has capital letters, which no registry allows`,
      `write ${part.toLowerCase()}`,
    );
  return createError(
    `${part} must be letters and digits in lower case, with single . _ __ or - between them`,
  );
}

/**
 * Returns the name under which containerd stores an image that was pulled by this name, and under which the kubelet looks
 * it up: with a digest it has no tag (ParseDockerRef).
 */
export function toContainerdName(image: string): string {
  const ref = parseImageRef(image);
  return formatImageRef(ref.digest === undefined ? ref : { ...ref, tag: undefined });
}

/** The parts of an image's name: for `grafana/grafana:13.2.0` these are docker.io, grafana/grafana and 13.2.0. */
export interface ImageRef {
  /** Host and port; `docker.io` if the name has none. */
  readonly registry: string;
  /** `library/busybox` for `busybox`. */
  readonly repository: string;
  /** `latest` if the name has neither a tag nor a digest; undefined if it has only a digest. */
  readonly tag: string | undefined;
  /** `sha256:...`; undefined if the name has none. */
  readonly digest: string | undefined;
}

/** An image in a lock: its full name, and the digest that its registry reported. */
export interface LockedImage {
  /** `docker.io/grafana/grafana:13.2.0`. */
  readonly image: string;
  /** `sha256:...`: of the index if the image has one, else of its manifest. */
  readonly digest: string;
}
