import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createHost } from "../../../src/host/create.ts";
import type { InstallError } from "../../../src/lib/errors.ts";
import { fetchText } from "../../../src/sources/web/download.ts";
import { createWeb } from "../../../src/sources/web/web.ts";
import { serveTls, startProxy } from "../../support/local-proxy.ts";
import { closedUrl, serve } from "../../support/local-server.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";
import { quick } from "../machine.ts";

async function webWith(env: Record<string, string>) {
  const log = createRecordingLogger();
  const context = { host: await createHost(env), log, signal: new AbortController().signal };
  return { log, web: createWeb(context, { mirrors: {} }, quick) };
}

function failure(asked: Promise<unknown>): Promise<InstallError> {
  return asked.then(
    () => {
      throw new Error("it was answered");
    },
    (error: InstallError) => error,
  );
}

test("plain http is handed to the proxy as it is, without a tunnel", async () => {
  await using server = await serve(() => ({ body: "v1.36.3" }));
  await using proxy = await startProxy({ hosts: { "mirror.example:80": server.port } });
  const { web } = await webWith({ http_proxy: proxy.url });
  expect(await fetchText(web, "http://mirror.example/stable.txt?x=1")).toBe("v1.36.3");
  expect(proxy.seen).toEqual(["GET http://mirror.example/stable.txt?x=1"]);
});

test("https goes through a tunnel, with the proxy's login, and the host's certificate still counts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "monstack-proxy-"));
  await using server = await serveTls(folder, ["get.helm.example"], (_asked, response) => response.end("v4"));
  await using proxy = await startProxy({
    hosts: { "get.helm.example:443": server.port },
    login: "me:s3cret",
  });
  const { web } = await webWith({ HTTPS_PROXY: `http://me:s3cret@127.0.0.1:${proxy.port}` });
  const error = await failure(fetchText(web, "https://get.helm.example/x"));
  expect(new Set(proxy.seen)).toEqual(new Set(["CONNECT get.helm.example:443"]));
  expect(error.message).toBe(
    `https://get.helm.example/x: no trusted connection through the proxy http://127.0.0.1:${proxy.port} ` +
      "(DEPTH_ZERO_SELF_SIGNED_CERT)",
  );
  await rm(folder, { recursive: true });
});

test.each(["http", "https"])("a proxy that requires a login is told as such (%s)", async (scheme) => {
  await using proxy = await startProxy({ hosts: {}, login: "me:s3cret" });
  const name = `${scheme.toUpperCase()}_PROXY`;
  const { web, log } = await webWith({ [name]: `http://me:wr0ng@127.0.0.1:${proxy.port}` });
  const error = await failure(fetchText(web, `${scheme}://get.helm.example/x`));
  expect(error.message).toBe(
    `${scheme}://get.helm.example/x: the proxy http://127.0.0.1:${proxy.port} refuses, it answers 407: it requires a login`,
  );
  expect(error.fix).toContain(`http://USER:PASSWORD@127.0.0.1:${proxy.port}`);
  expect(proxy.seen).toHaveLength(1);
  expect(JSON.stringify([error.message, error.fix, log.lines])).not.toContain("wr0ng");
});

test("a host that the proxy forbids is told as that, and not asked for again", async () => {
  await using proxy = await startProxy({ hosts: {} });
  const { web } = await webWith({ HTTPS_PROXY: proxy.url });
  const error = await failure(fetchText(web, "https://get.helm.example/x"));
  expect(error.message).toContain(`the proxy ${proxy.url} refuses, it answers 403`);
  expect(error.fix).toContain("NO_PROXY");
  expect(proxy.seen).toHaveLength(1);
});

test("a proxy that isn't there is named, and tried again", async () => {
  const url = await closedUrl();
  const { web } = await webWith({ HTTPS_PROXY: url });
  const error = await failure(fetchText(web, "https://get.helm.example/x"));
  expect(error.message).toContain(
    `the connection failed through the proxy ${url} (ECONNREFUSED) (tried 4 times)`,
  );
});

test("what is on this machine is asked directly, and the stack never through a proxy", async () => {
  await using server = await serve(() => ({ body: "here" }));
  await using proxy = await startProxy({ hosts: {} });
  const { web } = await webWith({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: "" });
  expect(await fetchText(web, server.url)).toBe("here");
  // As a check asks a ClusterIP: another address of this machine, which no NO_PROXY names.
  const direct = web.context.host.fetch(`http://0.0.0.0:${server.port}/`);
  expect(await (await direct).text()).toBe("here");
  expect(proxy.seen).toEqual([]);
});
