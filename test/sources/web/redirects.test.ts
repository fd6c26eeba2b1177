import { describe, expect, test } from "vitest";
import { installTool } from "../../../src/sources/tools/install.ts";
import { fetchText } from "../../../src/sources/web/download.ts";
import { resolveRedirect } from "../../../src/sources/web/http-errors.ts";
import { request } from "../../../src/sources/web/request.ts";
import { createWeb, type Refusal } from "../../../src/sources/web/web.ts";
import { serve } from "../../support/local-server.ts";
import { createMachine, quick } from "../machine.ts";
import { k3sUrl, program, publishK3s } from "../tool-releases.ts";
import { status } from "../upstream.ts";

const verified = { verified: true, what: "X" };
const bare = { verified: false, what: "X" };

describe("a redirect", () => {
  test.each([
    ["to another path", "https://get.helm.sh/a", "/b", bare, "https://get.helm.sh/b"],
    ["to https", "http://get.helm.sh/a", "https://get.helm.sh/b", bare, "https://get.helm.sh/b"],
    ["below the host", "https://dl.k8s.io/a", "https://cdn.dl.k8s.io/b", bare, "https://cdn.dl.k8s.io/b"],
    ["above it", "https://www.acme.com/a", "https://acme.com/b", bare, "https://acme.com/b"],
    [
      "of GitHub's to its files",
      "https://github.com/a",
      "https://release-assets.githubusercontent.com/b?sig=1",
      bare,
      "https://release-assets.githubusercontent.com/b?sig=1",
    ],
    ["of verified bytes to any host", "https://a.com/a", "https://b.org/b", verified, "https://b.org/b"],
    ["within plain http", "http://mirror:80/a", "http://mirror:8080/b", bare, "http://mirror:8080/b"],
    ["of verified bytes within plain http", "http://mirror/a", "http://other/b", verified, "http://other/b"],
  ])("%s is followed", (_name, from, location, options, to) => {
    expect(resolveRedirect(from, location, options)).toBe(to);
  });

  test.each([
    ["from https to http", "https://get.helm.sh/a", "http://get.helm.sh/b", verified, /from https to http:/],
    ["to a file", "https://get.helm.sh/a", "file:///etc/passwd", verified, /from https to/],
    ["to no address", "https://get.helm.sh/a", "https://", bare, /not to a URL \("https:\/\/"\)/],
    ["to nowhere", "https://get.helm.sh/a", null, bare, /not to a URL \(null\)/],
    [
      "to another site",
      "https://get.helm.sh/a",
      "https://evil.example/b?key=1",
      bare,
      /https:\/\/evil.example\/b,/,
    ],
    ["to a name that ends alike", "https://helm.sh/a", "https://nothelm.sh/b", bare, /another host/],
    ["to a neighbour", "https://a.github.io/a", "https://b.github.io/b", bare, /another host/],
    [
      "to GitHub's files from elsewhere",
      "https://a.com/",
      "https://x.githubusercontent.com/",
      bare,
      /another host/,
    ],
    [
      "to a name like GitHub's",
      "https://github.com/",
      "https://evilgithubusercontent.com/",
      bare,
      /another host/,
    ],
  ])("%s is refused", (_name, from, location, options, message) => {
    expect(() => resolveRedirect(from, location, options)).toThrow(message);
    expect(() => resolveRedirect(from, location, options)).not.toThrow(/key=1/);
  });
});

const k3s = "v1.36.3+k3s1";

test("a download may come from another host, its checksum file not", async () => {
  await using machine = await createMachine();
  const { upstream, context, config } = machine;
  publishK3s(upstream, k3s);
  await using other = await serve(() => ({ body: program.k3s(k3s) }));
  const elsewhere = status(302, { location: `http://localhost:${other.port}/k3s` });
  upstream.serve(k3sUrl(k3s), elsewhere);
  expect((await installTool(context, config, "k3s", quick)).version).toBe(k3s);
  expect(other.received).toHaveLength(1);

  upstream.serve(k3sUrl("v1.36.4+k3s1", "sha256sum-amd64.txt"), elsewhere);
  const newer = { ...config, k3s: { ...config.k3s, version: "v1.36.4+k3s1" } };
  const error = await installTool(context, newer, "k3s", quick).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    message: expect.stringContaining(`it redirects to another host, http://localhost:${other.port}/k3s`),
    fix: expect.stringContaining(`mirrors: {"${upstream.origin}/": "http://localhost:${other.port}/"}`),
  });
  expect(other.received).toHaveLength(1);
});

test("another host sees no credentials, the own one does after a redirect too", async () => {
  await using machine = await createMachine();
  await using other = await serve(() => ({ body: "there" }));
  const asked: (string | undefined)[] = [];
  machine.upstream.serve("https://acme.example/index", status(307, { location: "/acme.example/next" }));
  machine.upstream.serve("https://acme.example/next", (request, response) => {
    asked.push(request.headers.authorization);
    response.writeHead(302, { location: `http://localhost:${other.port}/` }).end();
  });
  const { origin } = machine.upstream;
  const web = {
    ...createWeb(machine.context, { mirrors: {} }, quick),
    credentials: { host: origin, username: "ci", password: "word" },
  };
  const text = fetchText(web, `${origin}/acme.example/index`, 1000, { verified: true });
  expect(await text).toBe("there");
  expect(asked).toEqual([`Basic ${Buffer.from("ci:word").toString("base64")}`]);
  expect(other.received.map(({ authorization }) => authorization)).toEqual([undefined]);
});

test("a login among a request's own headers is shown to the host that was asked only", async () => {
  await using machine = await createMachine();
  await using other = await serve(() => ({ status: 401, body: "who are you?" }));
  const asked: unknown[] = [];
  machine.upstream.serve("https://registry.example/blob", (request, response) => {
    asked.push([request.headers.authorization, request.headers.accept]);
    response.writeHead(307, { location: `http://localhost:${other.port}/blob` }).end();
  });
  const web = createWeb(machine.context, machine.config, quick);
  const headers = { authorization: "Bearer token", accept: "application/json" };
  const explain = ({ status: code, url, text }: Refusal) => new Error(`${code} of ${url}: ${text}`);
  const blob = request(web, "https://registry.example/blob", async () => {}, {
    headers,
    explain,
    verified: true,
  });
  await expect(blob).rejects.toThrow(`401 of http://localhost:${other.port}/blob: who are you?`);
  expect(asked).toEqual([["Bearer token", "application/json"]]);
  expect(other.received).toMatchObject([{ authorization: undefined, accept: "application/json" }]);
});

test("redirects in a circle end", async () => {
  await using machine = await createMachine();
  machine.upstream.serve("https://acme.example/a", status(302, { location: "/acme.example/a" }));
  const web = createWeb(machine.context, machine.config, quick);
  await expect(fetchText(web, "https://acme.example/a")).rejects.toThrow(/more than 10 redirects/);
  expect(machine.upstream.requests).toHaveLength(11);
});
