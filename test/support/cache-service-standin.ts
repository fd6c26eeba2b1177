import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What the service does instead of its work. */
export type Fault = "none" | "hangs" | "500" | "read-only" | "unreadable";

export interface CacheService extends AsyncDisposable {
  /** What a runner tells its jobs of it. */
  readonly env: Readonly<Record<string, string>>;
  /** The keys of what is kept, in the order in which it came. */
  readonly keys: () => string[];
  /** `METHOD path` of each request. */
  readonly requests: string[];
  fault: Fault;
}

/** Stands in for GitHub's cache service, in the words of its second version; an entry is its key and its version. */
export async function startCacheService(): Promise<CacheService> {
  const entries = new Map<string, { key: string; bytes: Buffer; isWhole: boolean }>();
  const service: { fault: Fault } = { fault: "none" };
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", origin);
    requests.push(`${request.method} ${url.pathname}`);
    const body = await bodyOf(request);
    if (service.fault === "hangs") return;
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (service.fault === "500") return json(500, { msg: "the stand-in was told to fail" });
    const id = decodeURIComponent(url.pathname.slice("/blob/".length));
    if (url.pathname.startsWith("/blob/") && request.method === "PUT") {
      const entry = entries.get(id);
      if (entry) entry.bytes = body;
      return response.writeHead(201, { etag: '"1"', "last-modified": new Date().toUTCString() }).end();
    }
    if (url.pathname.startsWith("/blob/")) return response.end(entries.get(id)?.bytes);
    const {
      key,
      version,
      restore_keys,
      restoreKeys = restore_keys ?? [],
    } = JSON.parse(body.toString("utf8"));
    const asked = `${version} ${key}`;
    const sign = (entry: string) =>
      `${origin}/blob/${encodeURIComponent(entry)}?sig=signature-of-the-standin`;
    const method = url.pathname.split("/").at(-1);
    if (method === "CreateCacheEntry") {
      if (service.fault === "read-only")
        return json(200, { ok: false, message: "cache write denied: the token may only read" });
      if (entries.has(asked)) return json(409, { code: "already_exists", msg: "cache entry already exists" });
      entries.set(asked, { key, bytes: Buffer.alloc(0), isWhole: false });
      return json(200, { ok: true, signed_upload_url: sign(asked) });
    }
    if (method === "FinalizeCacheEntryUpload") {
      const entry = entries.get(asked);
      if (entry) entry.isWhole = true;
      return json(200, { ok: entry !== undefined, entry_id: "1" });
    }
    if (service.fault === "unreadable")
      return json(403, { code: "permission_denied", msg: "cache read denied: no readable scope" });
    // As the service does: the key itself, else for each prefix in turn the newest entry.
    const newestFirst = [...entries].reverse();
    const [name = "", found] =
      [
        newestFirst.find(([stored]) => stored === asked),
        ...(restoreKeys as string[]).map((prefix) =>
          newestFirst.find(([stored]) => stored.startsWith(`${version} ${prefix}`)),
        ),
      ].find((entry) => entry?.[1].isWhole) ?? [];
    return json(
      200,
      found ? { ok: true, signed_download_url: sign(name), matched_key: found.key } : { ok: false },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(service, {
    env: {
      ACTIONS_CACHE_SERVICE_V2: "true",
      ACTIONS_RESULTS_URL: `${origin}/`,
      ACTIONS_RUNTIME_TOKEN: "token-of-the-job",
    },
    keys: () => [...entries.values()].filter(({ isWhole }) => isWhole).map(({ key }) => key),
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
