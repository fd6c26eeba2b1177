import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sha256 } from "../upstream.ts";

export const ociIndex = "application/vnd.oci.image.index.v1+json";
export const ociManifest = "application/vnd.oci.image.manifest.v1+json";
export const dockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
export const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

/** Answers one request in the registry's place. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Asked {
  /** `GET /v2/...`, without its query. */
  readonly line: string;
  readonly query: string;
  readonly accept: string | undefined;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** A registry on loopback: what was put into it, and other answers as told. */
export interface LocalRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`, as a part of an image's name. */
  readonly host: string;
  readonly url: string;
  readonly asked: readonly Asked[];
  /** `METHOD PATH` of every request, in order. */
  lines(): string[];
  /** Under its digest, and under a tag if one is given; returns the digest. */
  putManifest(repository: string, content: unknown, mediaType: string, tag?: string): string;
  putBlob(repository: string, bytes: Uint8Array | string): string;
  /** Instead of what is there: one answer after the other, the last one again and again. */
  answer(path: string, ...answers: Answer[]): void;
  /** What is there after all, or a part of it. */
  readonly stored: Answer;
  /** Asked first for every request to /v2/; true when it has answered. */
  guard(check: (request: IncomingMessage, response: ServerResponse) => boolean): void;
}

export async function localRegistry(): Promise<LocalRegistry> {
  const stored = new Map<string, { bytes: Buffer; type: string; digest: string }>();
  const answers = new Map<string, Answer[]>();
  const asked: Asked[] = [];
  let guarded: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  const giveStored: Answer = (request, response) => {
    const { range } = request.headers;
    const found = stored.get((request.url ?? "").split("?")[0] ?? "");
    if (!found) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }));
      return;
    }
    const { length } = found.bytes;
    const [, first = "0", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
    const [from, to] = [Number(first), last === "" ? length : Number(last) + 1];
    response.writeHead(range === undefined ? 200 : 206, {
      "content-type": found.type,
      "content-length": to - from,
      "docker-content-digest": found.digest,
      ...(range !== undefined && { "content-range": `bytes ${from}-${to - 1}/${length}` }),
    });
    response.end(request.method === "HEAD" ? undefined : found.bytes.subarray(from, to));
  };
  const server = createServer((request, response) => {
    const [path = "", query = ""] = (request.url ?? "").split("?");
    const { accept, authorization, range } = request.headers;
    asked.push({ line: `${request.method} ${path}`, query, accept, authorization, range });
    if (path.startsWith("/v2/") && guarded(request, response)) return;
    const told = answers.get(path);
    const answer = told && told.length > 1 ? told.shift() : told?.[0];
    return (answer ?? giveStored)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const put = (path: string, bytes: Buffer, type: string): string => {
    const digest = `sha256:${sha256(bytes)}`;
    stored.set(path.replace("DIGEST", digest), { bytes, type, digest });
    return digest;
  };
  return {
    host,
    url: `http://${host}`,
    asked,
    lines: () => asked.map(({ line }) => line),
    putManifest: (repository, content, mediaType, tag) => {
      const bytes = Buffer.from(JSON.stringify(content));
      if (tag !== undefined) put(`/v2/${repository}/manifests/${tag}`, bytes, mediaType);
      return put(`/v2/${repository}/manifests/DIGEST`, bytes, mediaType);
    },
    putBlob: (repository, bytes) =>
      put(`/v2/${repository}/blobs/DIGEST`, Buffer.from(bytes), "application/octet-stream"),
    stored: giveStored,
    answer: (path, ...more) => {
      answers.set(path, more);
    },
    guard: (check) => {
      guarded = check;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An answer with a body. */
export function reply(
  status: number,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Answer {
  return (_request, response) => response.writeHead(status, headers).end(body);
}

/** The docker.io's way of saying that a machine has had enough. */
export const tooMany = JSON.stringify({
  errors: [
    {
      code: "TOOMANYREQUESTS",
      message:
        "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
    },
  ],
});
