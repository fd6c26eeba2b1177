import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { showReport } from "../../src/app/show-report.ts";
import { createHost } from "../../src/host/create.ts";
import type { Host } from "../../src/host/host.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-show-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Shows the report and gives its URL to `use`; Ctrl-C comes afterwards. */
async function show(use: (url: string) => Promise<void>, change: (host: Host) => Host = (host) => host) {
  const stop = new AbortController();
  const host = change(await createHost({ PATH: `${folder}/bin:${process.env.PATH}`, HOME: folder }));
  const url = Promise.withResolvers<string>();
  const log = createRecordingLogger();
  const shown = showReport({ host, log, signal: stop.signal }, folder, url.resolve);
  shown.catch(url.reject);
  await use(await url.promise).finally(() => stop.abort());
  await shown;
  return log;
}

/** Sends a request with any path and Host header. */
async function send(
  url: string,
  { path = new URL(url).pathname, method = "GET", host = new URL(url).host } = {},
) {
  const { port } = new URL(url);
  const answer = Promise.withResolvers<{ status: number | undefined; headers: object; body: string }>();
  const sent = request(
    { port, host: "127.0.0.1", path, method, headers: { host }, agent: false },
    (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        answer.resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    },
  );
  sent.on("error", answer.reject).end();
  return await answer.promise;
}

it("serves the page alone, at an address that nobody can guess, until Ctrl-C", async () => {
  await writeFile(join(folder, "report.html"), "<p>first ☃");
  let seen = "";
  await show(async (url) => {
    seen = url;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
    expect(await send(url)).toMatchObject({
      status: 200,
      body: "<p>first ☃",
      headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    });
    await writeFile(join(folder, "report.html"), "<p>second");
    expect((await send(url)).body).toBe("<p>second");
    expect(await send(url, { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
    expect((await send(url, { method: "POST" })).status).toBe(405);
    const { pathname } = new URL(url);
    for (const path of ["/", "/report.html", `${pathname}results.json`, `${pathname}../results.json`])
      expect((await send(url, { path })).status, path).toBe(404);
    // A website whose name resolves to 127.0.0.1.
    expect((await send(url, { host: "evil.example" })).status).toBe(404);
    await rm(join(folder, "report.html"));
    expect((await send(url)).status).toBe(500);
  });
  await expect(send(seen)).rejects.toThrow("ECONNREFUSED");
});

it("names a folder without a page", async () => {
  await expect(show(async () => undefined)).rejects.toThrow("report.html does not exist");
});

it("opens a browser only where there is a display", async () => {
  await writeFile(join(folder, "report.html"), "<p>");
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/xdg-open"), `#!/bin/sh\necho "$DISPLAY $1" > '${folder}/opened'\n`);
  await chmod(join(folder, "bin/xdg-open"), 0o755);
  const opened = () => readFile(join(folder, "opened"), "utf8").catch(() => "");
  await show(async () => undefined);
  expect(await opened()).toBe("");
  const withDisplay = (host: Host): Host => ({
    ...host,
    rights: "none",
    env: { ...host.env, DISPLAY: ":7" },
  });
  await show(async (url) => {
    await expect.poll(opened, { timeout: 5_000 }).toBe(`:7 ${url}\n`);
  }, withDisplay);
});

it("ends after an hour without a request", async () => {
  await writeFile(join(folder, "report.html"), "<p>");
  let late = 0;
  const clock = (host: Host): Host => ({ ...host, now: () => Date.now() + late });
  const stop = new AbortController();
  const host = clock(await createHost({ PATH: process.env.PATH, HOME: folder }));
  const log = createRecordingLogger();
  const context = { host, log, signal: stop.signal };
  await showReport(context, folder, () => {
    late = 3_600_001;
  });
  expect(log.lines.at(-1)?.message).toContain("nobody requested the page for an hour");
});
