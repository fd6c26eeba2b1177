import type { IncomingMessage, ServerResponse } from "node:http";
import { freeMemory } from "../host/memory.ts";
import type { ImageRef } from "../lib/image.ts";
import { encodeUrlPart } from "../lib/text.ts";
import { findAccess, findEndpoint } from "../sources/images/endpoint.ts";
import type { Web } from "../sources/web/web.ts";
import type { Contents, Document, ReadImage } from "./contents.ts";
import { parseByteRange, parseRequested, type Requested } from "./requested.ts";

/** What the responses are made from. */
export interface Answering {
  readonly contents: Contents;
  /** Returns undefined if the lock does not name the image. */
  readonly readImage: (ref: ImageRef) => Promise<ReadImage> | undefined;
  /** Returns the locked digest of a name; undefined if the lock does not name it. */
  readonly findLocked: (ref: ImageRef) => string | undefined;
  readonly web: Web;
  readonly secret: string;
}

/** Milliseconds after which containerd is redirected to the registry itself, so that it reports that registry's error. */
const redirectAfterMs = 5_000;

/** Sends the response to one request. @throws if a layer fails after its response began; the caller must then close the connection */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
): Promise<void> {
  const isHead = request.method === "HEAD";
  if (!isHead && request.method !== "GET") return refuse(response, 405, "UNSUPPORTED");
  const requested = parseRequested(request.url ?? "", answering.secret);
  if (requested === undefined) return refuse(response, 404, "NAME_UNKNOWN");
  const document = await findDocument(requested, answering);
  if (document !== undefined) return sendDocument(response, document, isHead);
  if (requested.kind === "blob" && (await answerBlob(request, response, requested.ref, answering))) return;
  sendElsewhere(response, requested, answering);
}

/** Returns the requested manifest or configuration; undefined if the request is for a layer, or if it cannot be read. */
async function findDocument(
  { kind, ref }: Requested,
  { contents, readImage }: Answering,
): Promise<Document | undefined> {
  const found = ref.digest === undefined ? undefined : contents.findDocument(ref.digest);
  if (found !== undefined || kind === "blob") return found;
  const image = await within(redirectAfterMs, readImage(ref));
  return image && contents.findDocument(image.digest);
}

/** Sends a layer. Returns false if it is unknown or its download failed: then containerd is redirected. */
async function answerBlob(
  request: IncomingMessage,
  response: ServerResponse,
  { digest = "" }: ImageRef,
  { contents }: Answering,
): Promise<boolean> {
  const blob = await contents.openLayer(digest)?.catch(() => undefined);
  if (blob === undefined) return false;
  const range = parseByteRange(request.headers.range, blob.size);
  const { from, to } = range ?? { from: 0, to: blob.size };
  const sendHead = () =>
    response.writeHead(range ? 206 : 200, {
      "content-type": "application/octet-stream",
      "content-length": to - from,
      "docker-content-digest": digest,
      "accept-ranges": "bytes",
      ...(range && { "content-range": `bytes ${from}-${to - 1}/${blob.size}` }),
    });
  if (request.method === "HEAD") {
    sendHead().end();
    return true;
  }
  const pieces = blob.read(from, to);
  try {
    const next = pieces.next();
    const isThere = await within(
      redirectAfterMs,
      next.then(() => true),
    );
    if (blob.failure() && !isThere) return false;
    sendHead();
    for (let { value, done } = await next; !done; { value, done } = await pieces.next())
      if (value !== undefined) await sendPiece(response, value);
    response.end();
    return true;
  } finally {
    await pieces.return(undefined);
  }
}

/** Sends a piece of a layer, and frees its memory once the socket has accepted it. @throws if the connection is closed */
async function sendPiece(response: ServerResponse, piece: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = () => reject(new Error("containerd closed the connection"));
  response.once("close", onClose);
  response.write(piece, (error) => (error ? reject(error) : resolve()));
  try {
    await promise;
  } finally {
    response.off("close", onClose);
  }
  freeMemory(piece);
}

/** Returns the result of some work; undefined if the work fails or takes longer than `ms` milliseconds. */
async function within<T>(ms: number, work: Promise<T> | undefined): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([work?.catch(() => undefined), end]);
  } finally {
    clearTimeout(timer);
  }
}

function sendDocument(response: ServerResponse, { digest, bytes, mediaType }: Document, isHead: boolean) {
  response.writeHead(200, {
    "content-type": mediaType,
    "content-length": bytes.byteLength,
    "docker-content-digest": digest,
  });
  response.end(isHead ? undefined : bytes);
}

/**
 * Redirects containerd to the mirror or to the registry itself, which sends its own error messages. Responds with 404 in
 * offline mode, and if the host needs a login or certificate from registries.yaml: containerd then tries its next endpoint.
 */
function sendElsewhere(
  response: ServerResponse,
  { kind, ref }: Requested,
  { findLocked, web: { mirrors, registries, supply } }: Answering,
): void {
  const endpoint = findEndpoint(mirrors, ref);
  const access = findAccess(registries, endpoint.host);
  const url = new URL(endpoint.url);
  const isPlain = url.username === "" && url.password === "" && !access?.ca && !access?.insecure;
  if (supply.offline !== undefined || !isPlain) {
    refuse(response, 404, "MANIFEST_UNKNOWN");
    return;
  }
  // The redirect too leads to the locked digest of a locked name.
  const reference = ref.digest ?? findLocked(ref) ?? ref.tag ?? "";
  const query = endpoint.mirrorOf === undefined ? "" : `?ns=${encodeUrlPart(endpoint.mirrorOf)}`;
  const location = `${endpoint.url}/${kind === "blob" ? "blobs" : "manifests"}/${reference}${query}`;
  response.writeHead(307, { location, "content-length": 0 }).end();
}

function refuse(response: ServerResponse, status: number, code: string): void {
  const body = JSON.stringify({ errors: [{ code, message: "not given out by monstack" }] });
  response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(body);
}
