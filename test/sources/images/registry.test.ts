import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Registries } from "../../../src/config/schema.ts";
import { parseImageRef } from "../../../src/lib/image.ts";
import { resolveDigest } from "../../../src/sources/images/registry.ts";
import type { Web } from "../../../src/sources/web/web.ts";
import { createWeb } from "../../../src/sources/web/web.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import {
  dockerList,
  dockerManifest,
  type LocalRegistry,
  localRegistry,
  ociIndex,
  ociManifest,
  reply,
  tooMany,
} from "./local-registry.ts";

let machine: Machine;
let registry: LocalRegistry;
beforeEach(async () => {
  machine = await createMachine();
  registry = await localRegistry();
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

/** A busy machine is no stalled host. */
const patient = { retryPolicy: { ...quick.retryPolicy, stallMs: 5_000 } };
const basic = `Basic ${Buffer.from("ci:s3cret-word").toString("base64")}`;
const credentials = { username: "ci", password: "s3cret-word" };

function web(mirrors: Record<string, string> = {}, registries: Registries = {}): Web {
  return { ...createWeb(machine.context, { mirrors }, patient), registries };
}

function digest(image: string, registries?: Registries): Promise<string> {
  return resolveDigest(web({}, registries), parseImageRef(image));
}

/** What was said, with its way out, the server's address as HOST. */
async function said(promise: Promise<string>): Promise<string> {
  const error = (await promise.then(
    () => new Error("no error"),
    (thrown: unknown) => thrown,
  )) as Error & { fix?: string };
  return `${error.message}; ${error.fix}`.replaceAll(registry.host, "HOST");
}

/** As a message writes a login into the configuration. */
const loginOfHost = `registries: {"HOST": {username: "\${NAME}", password: "\${PASSWORD}"}}`;

const tagPath = "/v2/team/app/manifests/1.0";

describe("the digest of a tag", () => {
  test.each([ociIndex, ociManifest, dockerList, dockerManifest])("%s", async (type) => {
    const there = registry.putManifest("team/app", { schemaVersion: 2 }, type, "1.0");
    expect(await digest(`${registry.host}/team/app:1.0`)).toBe(there);
    expect(registry.lines()).toEqual([`HEAD ${tagPath}`]);
    for (const one of [ociIndex, ociManifest, dockerList, dockerManifest])
      expect(registry.asked[0]?.accept).toContain(one);
  });

  test("a registry that names none is asked for the manifest itself", async () => {
    const there = registry.putManifest("team/app", { schemaVersion: 2 }, ociIndex);
    registry.answer(tagPath, reply(200, JSON.stringify({ schemaVersion: 2 }), { "content-type": ociIndex }));
    expect(await digest(`${registry.host}/team/app:1.0`)).toBe(there);
    expect(registry.lines()).toEqual([`HEAD ${tagPath}`, `GET ${tagPath}`]);
  });

  test("one that is in the name is the answer, and nobody is asked", async () => {
    const pinned = `sha256:${"a".repeat(64)}`;
    expect(await digest(`${registry.host}/team/app:1.0@${pinned}`)).toBe(pinned);
    expect(registry.lines()).toEqual([]);
  });

  test("a mirror with a folder is asked, told which registry it stands for", async () => {
    const there = registry.putManifest("hub/library/busybox", { schemaVersion: 2 }, ociIndex, "1");
    for (const address of [`${registry.url}/hub`, `${registry.url}/v2/hub/`]) {
      const through = web({ "docker.io": address, "https://": "http://127.0.0.1:1" });
      expect(await resolveDigest(through, parseImageRef("busybox:1"))).toBe(there);
    }
    expect(registry.asked.at(-1)).toMatchObject({
      line: "HEAD /v2/hub/library/busybox/manifests/1",
      query: "ns=docker.io",
    });
  });
});

describe("is refused:", () => {
  test("an image that isn't there", async () => {
    expect(await said(digest(`${registry.host}/team/app:1.0`))).toBe(
      "image not found: HOST/team/app:1.0: http://HOST/v2/team/app/manifests/1.0: the host answers 404; " +
        "check the image's name and tag in its registry; a mirror may not have it",
    );
  });

  test("a page that answers 200", async () => {
    registry.answer(
      tagPath,
      reply(200, "<html>Sign in</html>", { "content-type": "text/html; charset=utf-8" }),
    );
    expect(await said(digest(`${registry.host}/team/app:1.0`))).toMatch(
      /^http:\/\/HOST\/v2\/team\/app\/manifests\/1\.0 is not an image manifest but text\/html; something else than a registry/,
    );
  });

  test("a manifest without end", async () => {
    registry.answer(tagPath, (request, response) => {
      response.writeHead(200, { "content-type": ociIndex });
      if (request.method === "HEAD") return void response.end();
      const more = (): void => void response.write(Buffer.alloc(1024 ** 2, 32), () => setImmediate(more));
      more();
    });
    expect(await said(digest(`${registry.host}/team/app:1.0`))).toContain("more than 4194304 bytes");
  });

  test("a digest that is none", async () => {
    registry.answer(
      tagPath,
      reply(200, "{}", { "content-type": ociIndex, "docker-content-digest": "sha256:short" }),
    );
    // Not believed: the manifest's own is taken.
    expect(await digest(`${registry.host}/team/app:1.0`)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe("a login", () => {
  /** Wants a token of its own service, which wants the login if it is told to. */
  function wantToken(options: { login?: boolean; token?: string; realm?: string } = {}) {
    const { login = false, token = "t0ken", realm = `${registry.url}/token` } = options;
    registry.guard((request, response) => {
      if (request.headers.authorization === `Bearer ${token}`) return false;
      const scope = "repository:team/app:pull";
      response.writeHead(401, {
        "www-authenticate": `Bearer realm="${realm}",service="local",scope="${scope}"`,
      });
      response.end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "who are you?" }] }));
      return true;
    });
    registry.answer("/token", (request, response) => {
      const known = !login || request.headers.authorization === basic;
      response
        .writeHead(known ? 200 : 401)
        .end(known ? JSON.stringify({ token: "t0ken" }) : "wrong password");
    });
  }

  test("a token is had for nothing where nobody in particular may pull", async () => {
    const there = registry.putManifest("team/app", {}, ociIndex, "1.0");
    wantToken();
    expect(await digest(`${registry.host}/team/app:1.0`)).toBe(there);
    expect(registry.asked.map(({ line, query, authorization }) => [line, query, authorization])).toEqual([
      [`HEAD ${tagPath}`, "", undefined],
      ["GET /token", "service=local&scope=repository%3Ateam%2Fapp%3Apull", undefined],
      [`HEAD ${tagPath}`, "", "Bearer t0ken"],
    ]);
  });

  test("the token service sees the login, the log doesn't", async () => {
    const there = registry.putManifest("team/app", {}, ociIndex, "1.0");
    wantToken({ login: true });
    expect(await digest(`${registry.host}/team/app:1.0`, { [registry.host]: { credentials } })).toBe(there);
    expect(registry.asked[1]).toMatchObject({ line: "GET /token", authorization: basic });
    expect(JSON.stringify(machine.log.lines)).not.toMatch(/s3cret-word|t0ken/);
  });

  test("a registry without tokens sees it itself", async () => {
    const there = registry.putManifest("team/app", {}, ociIndex, "1.0");
    registry.guard(({ headers }, response) => {
      if (headers.authorization === basic) return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="local"' }).end();
      return true;
    });
    expect(await digest(`${registry.host}/team/app:1.0`, { [registry.host]: { credentials } })).toBe(there);
    expect(registry.lines()).toHaveLength(2);
  });

  test("a mirror sees the one of its own host, never the registry's", async () => {
    const there = registry.putManifest("team/app", {}, ociIndex, "1.0");
    wantToken({ login: true });
    const mirrors = { "private.example": registry.url };
    const image = parseImageRef("private.example/team/app:1.0");
    const other = { "private.example": { credentials: { username: "other", password: "other-word" } } };
    expect(await said(resolveDigest(web(mirrors, other), image))).toContain("HOST refuses team/app");
    expect(registry.asked.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
    expect(await resolveDigest(web(mirrors, { ...other, [registry.host]: { credentials } }), image)).toBe(
      there,
    );
  });

  test("without one it says what to set", async () => {
    wantToken({ login: true });
    expect(await said(digest(`${registry.host}/team/app:1.0`))).toBe(
      `HOST refuses team/app: http://HOST/token answers 401 (wrong password); if the image is private, set ${loginOfHost}; else check that the repository team/app exists: registries give the same answer for a missing and a private one`,
    );
  });

  test("a wrong one is told as such", async () => {
    wantToken({ login: true });
    const wrong = { [registry.host]: { credentials: { username: "ci", password: "old" } } };
    expect(await said(digest(`${registry.host}/team/app:1.0`, wrong))).toBe(
      "HOST refuses team/app: http://HOST/token answers 401 (wrong password); check that registries.HOST names the right account, and that it may pull team/app",
    );
  });

  test("a token that doesn't do ends it after one more try", async () => {
    wantToken({ token: "another" });
    expect(await said(digest(`${registry.host}/team/app:1.0`))).toMatch(
      /^HOST refuses team\/app: http:\/\/HOST\/v2\/team\/app\/manifests\/1\.0 answers 401/,
    );
    expect(registry.lines()).toHaveLength(3);
  });

  test("a token service that is a web page is told as such", async () => {
    wantToken();
    registry.answer("/token", reply(200, "<html>Sign in</html>"));
    expect(await said(digest(`${registry.host}/team/app:1.0`))).toContain("http://HOST/token gives no token");
  });

  describe("who it is redirected to", () => {
    const login = () => ({ [registry.host]: { credentials } });

    test("sees no login", async () => {
      await using other = await localRegistry();
      const there = other.putManifest("team/app", {}, ociIndex, "1.0");
      registry.guard(({ headers }, response) => {
        if (headers.authorization === basic)
          response.writeHead(307, { location: `${other.url}${tagPath}` }).end();
        else response.writeHead(401, { "www-authenticate": 'Basic realm="local"' }).end();
        return true;
      });
      expect(await digest(`${registry.host}/team/app:1.0`, login())).toBe(there);
      expect(other.asked.map(({ authorization }) => authorization)).toEqual([undefined]);
    });

    test("can't ask for one", async () => {
      await using other = await localRegistry();
      registry.answer(tagPath, (_request, response) =>
        response.writeHead(307, { location: `${other.url}${tagPath}` }).end(),
      );
      other.guard((_request, response) => {
        const realm = `${other.url}/token`;
        response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}",service="other"` }).end();
        return true;
      });
      expect(await said(digest(`${registry.host}/team/app:1.0`, login()))).toContain("answers 401");
      expect(other.lines()).toEqual([`HEAD ${tagPath}`]);
    });
  });
});

describe("a limit of pulls", () => {
  test("is told as such at once, with the ways out of it", async () => {
    registry.answer(
      tagPath,
      reply(200, "", { "content-type": ociIndex }),
      reply(429, tooMany, { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600" }),
    );
    expect(await said(digest(`${registry.host}/team/app:1.0`))).toBe(
      "HOST limits how much this machine's address may pull: http://HOST/v2/team/app/manifests/1.0 answers 429 (TOOMANYREQUESTS: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit); its limit is 100 in 6 h; " +
        `wait, or log in: ${loginOfHost}; or pull through a mirror: mirrors.HOST; or fetch each image only once: \`monstack lock\`, and keep the cache`,
    );
    expect(registry.lines()).toHaveLength(2);
  });

  test("of an account names it, and no login", async () => {
    registry.answer(tagPath, reply(429, tooMany, { "ratelimit-remaining": "0;w=21600" }));
    const words = await said(digest(`${registry.host}/team/app:1.0`, { [registry.host]: { credentials } }));
    expect(words).toContain("HOST limits how much the account ci may pull");
    expect(words).not.toContain("log in");
  });

  test("that passes in a moment is waited for", async () => {
    const there = registry.putManifest("team/app", {}, ociIndex);
    registry.answer(
      tagPath,
      reply(429, "slow down", { "retry-after": "0" }),
      reply(200, "{}", { "content-type": ociIndex, "docker-content-digest": there }),
    );
    expect(await digest(`${registry.host}/team/app:1.0`)).toBe(there);
    expect(registry.lines()).toHaveLength(2);
  });

  test("that doesn't pass is told as one when the tries are used up", async () => {
    registry.answer(tagPath, reply(429, "slow down"));
    expect(await said(digest(`${registry.host}/team/app:1.0`))).toContain(
      "HOST limits how much this machine's address may pull",
    );
    expect(registry.lines()).toHaveLength(4);
  });
});
