import { describe, expect, it } from "vitest";
import { createUserChecks } from "../../../src/verify/user-checks/user-checks.ts";
import { closedUrl, type Received, type Reply, serve } from "../../support/local-server.ts";
import { type Asking, ownCheck, resultOf } from "./asked.ts";

const healthy = {
  body: {
    status: "ok",
    parts: [
      { name: "db", up: true },
      { name: "cache", up: true },
    ],
    version: "v1.36",
  },
};

async function ask(
  given: Record<string, unknown>,
  reply: Reply | ((request: Received) => Reply),
  asking?: Asking,
) {
  await using server = await serve((request) => (typeof reply === "function" ? reply(request) : reply));
  return await resultOf({ http: { url: `${server.url}/healthz`, ...given } }, {}, asking);
}

describe("a check over HTTP", () => {
  it.each<[string, Record<string, unknown>]>([
    ["any good status", {}],
    ["a status", { status: 200 }],
    ["one of several", { status: [204, "2xx"] }],
    ["a text", { contains: "ok" }],
    ["a value", { json: { "$.status": "ok", version: "~ v1\\..*" } }],
    ["all of a list", { json: { "$.parts[*].up": true } }],
  ])("passes: %s", async (_, given) => {
    expect(await ask(given, healthy)).toMatchObject({
      status: "pass",
      seen: expect.stringMatching(/^HTTP 200 from http:\/\/127\.0\.0\.1:\d+\/healthz/),
    });
  });

  it.each<[string, Record<string, unknown>, Reply, string]>([
    ["the status", {}, { status: 503, body: "warming up" }, "HTTP 503: warming up"],
    ["a redirect, to a login page say", {}, { status: 302, body: "" }, "HTTP 302: (empty body)"],
    ["another good status", { status: 204 }, healthy, "HTTP 200: "],
    ["an empty body", { contains: "ok" }, { body: "" }, 'a body without "ok": (empty body)'],
    ["one text of two", { contains: ["ok", "nok"] }, healthy, 'a body without "nok"'],
    ["a value", { json: { "$.status": "down" } }, healthy, '$.status is "ok"'],
    ["one of a list", { json: { "$.parts[*].name": "db" } }, healthy, '$.parts[1].name is "cache"'],
    ["a value of another type", { json: { version: "> 1" } }, healthy, '$.version is "v1.36"'],
    ["no value", { json: { "$.state": "!= down" } }, healthy, "nothing at $.state"],
    [
      "an empty list",
      { json: { "$.parts[*].up": true } },
      { body: { parts: [] } },
      "nothing at $.parts[*].up",
    ],
    [
      "no JSON",
      { json: { status: "ok" } },
      { body: "<html>ok</html>" },
      "a body that is not JSON: <html>ok</html>",
    ],
  ])("fails: %s", async (_, given, reply, seen) => {
    expect(await ask(given, reply)).toMatchObject({ status: "fail", seen: expect.stringContaining(seen) });
  });

  it("says what it expected", async () => {
    const given = { method: "post", status: [200, "4xx"], contains: "x", json: { "$.a": ">= 1" } };
    expect(await ask(given, { status: 500, body: "" })).toMatchObject({
      expected: expect.stringMatching(/^HTTP 200 or 4xx, "x" in the body, \$\.a >= 1 from POST http:/),
    });
  });

  it("fails when nobody answers, for good after a while or when its time is over", async () => {
    const http = `${await closedUrl()}/`;
    const result = await resultOf({ http }, {});
    expect(result).toMatchObject({
      status: "fail",
      fault: "own-http-unreachable",
      seen: expect.stringContaining("ECONNREFUSED"),
    });
    const again = await resultOf({ http }, {}, { pauseMs: 10, deadlineMs: 400 });
    expect(again.attempts).toBeGreaterThan(2);
    const short = await resultOf({ http, within: "100ms" }, {}, { pauseMs: 10 });
    expect(Date.parse(short.endedAt) - Date.parse(short.startedAt)).toBeLessThan(2_000);
  });

  it("is tried again until it passes", async () => {
    let asked = 0;
    const result = await ask({}, () => ({ status: ++asked < 3 ? 503 : 200, body: "" }), { pauseMs: 10 });
    expect(result).toMatchObject({ status: "pass", attempts: 3 });
  });
});

describe("what a request carries", () => {
  const token = "s3cret-t0ken";
  const given = {
    headers: { Authorization: `Bearer $\{TOKEN}`, "x-plain": `$$\{TOKEN}` },
    body: { key: `$\{TOKEN}` },
  };

  it("is filled in from the environment, and none of it is shown", async () => {
    let received: Received | undefined;
    const answer = (request: Received) => {
      received = request;
      return { body: "" };
    };
    const result = await ask(given, answer, { env: { TOKEN: `${token}\n` } });
    expect(result.status).toBe("pass");
    expect(received).toMatchObject({
      method: "POST",
      authorization: `Bearer ${token}`,
      body: `{"key":"${token}"}`,
    });
    const own = ownCheck({ http: { url: "http://127.0.0.1/", ...given } });
    const { secrets } = createUserChecks([own], { env: { TOKEN: token }, namespace: "x" });
    expect(secrets).toEqual([token, token, `Bearer ${token}`]);
  });

  it("must be there: a variable that isn't ends the check at once", async () => {
    for (const env of [{}, { TOKEN: "" }])
      expect(await ask(given, healthy, { env, pauseMs: 10 })).toMatchObject({
        status: "fail",
        attempts: 1,
        fault: "own-http-variable",
        seen: "no TOKEN in the environment",
        fix: expect.stringContaining("set TOKEN in the environment"),
      });
  });
});

describe("a service of the cluster", () => {
  const http = {
    url: "https://shop.default.svc:8443/health?deep=1",
    method: "POST",
    headers: { "x-a": "b" },
    body: "hello",
  };
  const refusal = (code: number, message: string): Reply => ({
    status: code,
    body: { kind: "Status", apiVersion: "v1", status: "Failure", message, code },
  });

  async function through(reply: Reply, given: Record<string, unknown> = http) {
    await using kube = await serve(() => reply);
    return { result: await resultOf({ http: given }, { kube: kube.url }), received: kube.received };
  }

  it("is asked through the API server", async () => {
    const { result, received } = await through({ body: "fine" });
    expect(result).toMatchObject({
      status: "pass",
      seen: "HTTP 200 from https://shop.default.svc:8443/health?deep=1",
    });
    const path = "/api/v1/namespaces/default/services/https:shop:8443/proxy/health?deep=1";
    expect(received).toMatchObject([{ method: "POST", path, body: "hello" }]);
  });

  it.each([
    [503, 'no endpoints available for service "shop"'],
    [404, 'services "shop" not found'],
    [503, "error trying to reach service: dial tcp 10.42.0.9:8443: connect: connection refused"],
  ])("fails when the API server answers in its stead: %i %s", async (code, message) => {
    const { result } = await through(refusal(code, message), { ...http, status: ["404", "503"] });
    expect(result).toMatchObject({
      status: "fail",
      fault: "own-http-unreachable",
      seen: `POST https://shop.default.svc:8443/health?deep=1: ${message}`,
    });
  });

  it("is judged by its own answer, a bad one too", async () => {
    const { result } = await through({ status: 500, body: "boom" });
    expect(result).toMatchObject({ status: "fail", seen: "HTTP 500: boom" });
  });

  it("can't be asked without the API server, or against its will", async () => {
    expect(await resultOf({ http }, {})).toMatchObject({
      status: "error",
      error: expect.stringContaining("ECONNREFUSED"),
    });
    const { result } = await through(refusal(403, "services/proxy is forbidden"));
    expect(result).toMatchObject({
      status: "error",
      error: expect.stringContaining("services/proxy is forbidden"),
    });
  });
});
