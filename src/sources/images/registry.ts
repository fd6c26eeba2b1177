import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { RegistryAccess } from "../../config/schema.ts";
import { InstallError } from "../../lib/errors.ts";
import { formatImageRef, type ImageRef } from "../../lib/image.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import { encodeUrlPart } from "../../lib/text.ts";
import { readTrust } from "../registries.ts";

import { HttpStatusError } from "../web/http-errors.ts";
import { rangeNotSatisfiable } from "../web/partial-file.ts";
import { request } from "../web/request.ts";
import { type HttpResponse, limitBytes, type Refusal, type Web } from "../web/web.ts";
import {
  createLoginError,
  createPullLimitError,
  type Endpoint,
  findAccess,
  findEndpoint,
  isPullLimit,
  trustSetting,
} from "./endpoint.ts";
import { authorize, type Challenge, parseChallenge } from "./login.ts";

/** An image for several architectures: a list of manifests. */
const indexTypes: readonly string[] = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

/** An image for one architecture. */
const manifestTypes: readonly string[] = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

const accept = [...indexTypes, ...manifestTypes].join(", ");
/** The size that registries have to accept by the specification. */
const maxManifestBytes = 4 * 1024 ** 2;

export interface Manifest {
  readonly bytes: Buffer;
  /** Computed from the bytes: `sha256:...`. */
  readonly digest: string;
  /** One of `indexTypes` or `manifestTypes`. */
  readonly mediaType: string;
}

/** A part of a blob while it is fetched. */
export interface BlobPart {
  /** Headers that request what is missing. */
  headers(): Record<string, string>;
  /** Bytes that have come. */
  bytes(): number;
}

/** A repository of a registry. Its requests share one login. */
export interface Repository {
  readonly endpoint: Endpoint;
  /** Fetches a manifest by tag or digest. A digest is not verified here. */
  manifest(reference: string): Promise<Manifest>;
  /** Returns a tag's digest; undefined if the registry doesn't send it. Does not count as a pull of docker.io. */
  head(tag: string): Promise<string | undefined>;
  /** Fetches a blob, not verified. `read` is called again if the body breaks off. */
  blob<T>(digest: string, read: (response: HttpResponse) => Promise<T>): Promise<T>;
  /** Fetches a part of a blob, resumed if the body breaks off. A registry that knows no ranges sends the whole blob. */
  blobPart(digest: string, part: BlobPart, read: (response: HttpResponse) => Promise<void>): Promise<void>;
}

/**
 * Returns the current digest of an image: of its index if it has one, so that it is valid for every architecture. A digest
 * in the name is returned unchanged.
 * @throws InstallError if the image does not exist, can't be fetched, or the host is not a registry; Interrupted
 */
export async function resolveDigest(
  web: Web,
  ref: ImageRef,
  repository = openRepository(web, ref),
): Promise<string> {
  if (ref.digest !== undefined) return ref.digest;
  const tag = ref.tag ?? "latest";
  try {
    return (await repository.head(tag)) ?? (await repository.manifest(tag)).digest;
  } catch (cause) {
    throw cause instanceof HttpStatusError && cause.status === 404 ? createNoImageError(ref, cause) : cause;
  }
}

/**
 * Opens a repository through the mirrors. It logs in when the registry requires it.
 * @param documentTries attempts for manifests and configurations; layers have those of the retry policy
 */
export function openRepository(
  web: Web,
  ref: Pick<ImageRef, "registry" | "repository">,
  documentTries = web.retryPolicy.tries,
): Repository {
  const endpoint = findEndpoint(web.mirrors, ref);
  const send = createSender(web, endpoint, documentTries);
  const manifestAt = (reference: string) => `/manifests/${reference}`;
  return {
    endpoint,
    manifest: (reference) =>
      send(manifestAt(reference), { accept }, ({ headers, body }) =>
        readManifest(body, headers, `${endpoint.url}${manifestAt(reference)}`),
      ),
    head: (tag) =>
      send(manifestAt(tag), { accept, method: "HEAD" }, async ({ headers }) => {
        const digest = headers.get("docker-content-digest") ?? "";
        return isManifest(readMediaType(headers)) && /^sha256:[0-9a-f]{64}$/.test(digest)
          ? digest
          : undefined;
      }),
    blob: (digest, read) => send(`/blobs/${digest}`, { accept: "*/*" }, read),
    blobPart: (digest, part, read) => send(`/blobs/${digest}`, { accept: "*/*", part }, read),
  };
}

export function createNoImageError(ref: ImageRef, cause: HttpStatusError): InstallError {
  return new InstallError(`image not found: ${formatImageRef(ref)}: ${cause.message}`, {
    cause,
    fix: "check the image's name and tag in its registry; a mirror may not have it",
  });
}

/** The registry requires a login before it responds. */
class LoginRequired extends Error {
  readonly refusal: Refusal;
  readonly challenge: Challenge;

  constructor(refusal: Refusal, challenge: Challenge) {
    super("a login is required");
    this.refusal = refusal;
    this.challenge = challenge;
  }
}

type Send = <T>(
  path: string,
  how: { accept: string; method?: "HEAD"; part?: BlobPart },
  read: (response: HttpResponse) => Promise<T>,
) => Promise<T>;

function createSender(web: Web, endpoint: Endpoint, documentTries: number): Send {
  const access = findAccess(web.registries, endpoint.host);
  let opened: Promise<Web> | undefined;
  const open = () => {
    opened ??= openDirect(web, endpoint, access);
    return opened;
  };
  const query = endpoint.mirrorOf === undefined ? "" : `?ns=${encodeUrlPart(endpoint.mirrorOf)}`;
  // Shared by all requests to this repository.
  let login: Promise<string | undefined> | undefined;

  const sendOnce: Send = async (path, { accept, method, part }, read) => {
    const url = `${endpoint.url}${path}${query}`;
    const authorization = await login;
    let limit: Refusal | undefined;
    const explain = (refusal: Refusal) => {
      if (refusal.status === 429) limit = refusal;
      return explainRefusal(refusal, url, endpoint, access);
    };
    const headers = {
      accept,
      "accept-encoding": "identity",
      ...(authorization === undefined ? {} : { authorization }),
    };
    try {
      // Registries redirect blobs, and some (registry.k8s.io) also manifests, to other hosts. The digests are verified.
      const direct = await open();
      const tries = part === undefined ? documentTries : web.retryPolicy.tries;
      return await request({ ...direct, retryPolicy: { ...direct.retryPolicy, tries } }, url, read, {
        headers: () => ({ ...headers, ...part?.headers() }),
        explain,
        verified: true,
        ...(method && { method }),
        ...(part && { accepts: rangeNotSatisfiable, kept: part.bytes }),
      });
    } catch (error) {
      // The attempts are used up.
      if (limit === undefined || !(error instanceof InstallError)) throw error;
      throw createPullLimitError(endpoint, access, limit, error);
    }
  };

  return async (path, how, read) => {
    const before = login;
    try {
      return await sendOnce(path, how, read);
    } catch (error) {
      if (!(error instanceof LoginRequired)) throw error;
      const { challenge } = error;
      // Another request may have logged in meanwhile.
      if (login === before)
        login = open().then((direct) => authorize(direct, endpoint, challenge, access?.credentials));
    }
    try {
      return await sendOnce(path, how, read);
    } catch (error) {
      throw error instanceof LoginRequired ? createLoginError(endpoint, access, error.refusal) : error;
    }
  };
}

async function openDirect(web: Web, { host }: Endpoint, access: RegistryAccess | undefined): Promise<Web> {
  const known = { by: await readTrust(web.context.host.files, host, access), fix: trustSetting(host) };
  // URL prefixes among the mirrors apply to downloads only, not to the cluster's own pulls.
  return { ...web, mirrors: {}, credentials: undefined, known };
}

/** Returns the error that a registry's refusal means; undefined for the usual error of its status. */
function explainRefusal(
  refusal: Refusal,
  url: string,
  endpoint: Endpoint,
  access: RegistryAccess | undefined,
): Error | undefined {
  const { status, headers } = refusal;
  // A host behind a redirect must not get this registry's login (CVE-2020-15157).
  const isRegistry = new URL(refusal.url).origin === new URL(url).origin;
  const challenge =
    status === 401 && isRegistry ? parseChallenge(headers.get("www-authenticate")) : undefined;
  if (challenge !== undefined) return new LoginRequired(refusal, challenge);
  if (status === 401 || status === 403) return createLoginError(endpoint, access, refusal);
  return isPullLimit(refusal) ? createPullLimitError(endpoint, access, refusal) : undefined;
}

async function readManifest(
  body: AsyncIterable<Uint8Array>,
  headers: Headers,
  url: string,
): Promise<Manifest> {
  const bytes = await buffer(limitBytes(body, maxManifestBytes, url));
  const mediaType = readMediaType(headers);
  if (!isManifest(mediaType))
    throw new InstallError(`${showUrl(url)} is not an image manifest but ${mediaType || "of no type"}`, {
      fix: "something else than a registry answers there, or one that is too old: check `mirrors` and the proxy settings",
    });
  return { bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`, mediaType };
}

function isManifest(mediaType: string): boolean {
  return indexTypes.includes(mediaType) || manifestTypes.includes(mediaType);
}

function readMediaType(headers: Headers): string {
  return (headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
}
