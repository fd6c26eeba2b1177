import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { CoreV1Api } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { readBody } from "../../src/host/read-body.ts";
import { createApi } from "../../src/kube/api.ts";
import { SharingKubeConfig } from "../../src/kube/kube-config.ts";
import { HttpError, sendRequest } from "../../src/stack/http.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const context = {
  host: await createHost(),
  log: createRecordingLogger(),
  signal: new AbortController().signal,
};
const mebibyte = 1024 ** 2;
const refusal = (size: string) => `the response has more than ${size}`;

/** A server whose every response is so many mebibytes of zeros, about a kilobyte each on the line. */
async function bomb(mebibytes: number) {
  const one = gzipSync(Buffer.alloc(mebibyte));
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    for (let sent = 0; sent < mebibytes; sent++) response.write(one);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a response that is small on the line and big when it is unpacked", () => {
  it("of Prometheus, Alertmanager or Grafana is an error and no answer", async () => {
    await using server = await bomb(80);
    const asked = sendRequest(context, `${server.url}/api/v1/targets`, {}, 20_000);
    await expect(asked).rejects.toThrow(refusal("64 MiB"));
    await expect(asked).rejects.toBeInstanceOf(HttpError);
  });

  it("of the API server is an error, whichever client asks", async () => {
    await using server = await bomb(140);
    const kube = new SharingKubeConfig();
    kube.loadFromClusterAndUser(
      { name: "c", server: server.url, skipTLSVerify: true },
      { name: "u", token: "t" },
    );
    const api = createApi(kube);
    const { signal } = context;
    await expect(api.readText("/api/v1/pods", signal)).rejects.toThrow(refusal("128 MiB"));
    await expect(api.send("/api/v1/pods", signal)).rejects.toThrow(refusal("128 MiB"));
    const core = kube.makeApiClient(CoreV1Api);
    await expect(core.listPodForAllNamespaces()).rejects.toThrow(refusal("128 MiB"));
  });

  it("of a watch ends it where an event has no end", async () => {
    await using server = await bomb(40);
    const kube = new SharingKubeConfig();
    kube.loadFromClusterAndUser(
      { name: "c", server: server.url, skipTLSVerify: true },
      { name: "u", token: "t" },
    );
    const watch = createApi(kube).watch("/api/v1/pods?watch=1", context.signal);
    await expect(watch.next()).rejects.toThrow("an event of the API server's watch has no end");
  });
});

describe("a body", () => {
  it("is read by nothing that takes all of it, whatever its size", async () => {
    const src = new URL("../../src/", import.meta.url);
    const files = (await readdir(src, { recursive: true })).filter((name) => name.endsWith(".ts"));
    const unbounded = await Promise.all(
      files.map(async (name) => {
        const text = await readFile(new URL(name, src), "utf8");
        return /\.(text|json|arrayBuffer|blob|formData)\(\)/.test(text) ? [name] : [];
      }),
    );
    // Its bodies are those of BoundedHttp.
    const known = ["kube/api.ts"];
    expect(unbounded.flat().filter((name) => !known.includes(name))).toEqual([]);
  });

  const pieces = async function* (...texts: string[]) {
    for (const text of texts) yield Buffer.from(text, "latin1");
  };

  it("may have as much as is allowed and not a byte more", async () => {
    expect(await readBody(pieces("abc", "de"), 5)).toBe("abcde");
    await expect(readBody(pieces("abc", "def"), 5)).rejects.toThrow(refusal("5 B"));
    expect(await readBody(null)).toBe("");
  });

  it("is read whole where a character lies in two pieces", async () => {
    const [one, other] = [
      Buffer.from("é").toString("latin1").slice(0, 1),
      Buffer.from("é").toString("latin1").slice(1),
    ];
    expect(await readBody(pieces(`a${one}`, `${other}b`))).toBe("aéb");
  });
});
