import { describe, expect, test } from "vitest";
import { localRegistry, ociIndex, reply } from "../sources/images/local-registry.ts";
import { layerTexts, putImage } from "../sources/images/test-image.ts";
import { slow } from "../sources/upstream.ts";
import { ask, lockOf, pull, pulling } from "./pulling.ts";

const { machine, upstream, start, kept } = pulling();

/** As `putImage`, under its tag too. */
function putTagged(wish: Parameters<typeof putImage>[1] = {}) {
  const image = putImage(upstream(), wish);
  upstream().answer(`/v2/${image.repository}/manifests/1.0`, (request, response) => {
    response.writeHead(307, { location: `/v2/${image.repository}/manifests/${image.digest}` }).end();
    request.resume();
  });
  return image;
}

describe("an image that nobody fetched before", () => {
  test("is pulled through, each part once, and kept", async () => {
    const image = putTagged();
    const { address } = await start();
    const parts = await pull(address, image);
    expect(image.layers.map((digest) => parts.get(digest)?.toString())).toEqual(layerTexts);
    await pull(address, image);
    const blobs = upstream()
      .lines()
      .filter((line) => line.includes("/blobs/"));
    expect(blobs).toHaveLength(3);
    expect((await kept()).toSorted()).toEqual(
      [image.digest, image.manifest, image.config, ...image.layers].map((one) => one.slice(7)).toSorted(),
    );
  });

  test("comes from the cache in the next run; only its tag is asked for", async () => {
    const image = putTagged();
    await pull((await start()).address, image);
    const asked = upstream().lines().length;
    await pull((await start()).address, image);
    const lines = upstream().lines().slice(asked);
    expect(new Set(lines)).toEqual(
      new Set(["HEAD /v2/team/app/manifests/1.0", `HEAD /v2/team/app/manifests/${image.digest}`]),
    );
  });

  test("is given out while it comes, its end only when its digest is known", async () => {
    const image = putTagged();
    const [first = ""] = image.layers;
    const gate = Promise.withResolvers<void>();
    upstream().answer(`/v2/team/app/blobs/${first}`, (_request, response) => {
      response.writeHead(200, { "content-length": "12000" });
      response.write(layerTexts[0]?.slice(0, 6000));
      void gate.promise.then(() => response.end(layerTexts[0]?.slice(6000)));
    });
    const { address } = await start();
    await ask(address, `/team/app/manifests/1.0?ns=${upstream().host}`);
    let most = 0;
    const { body, isBroken } = await ask(address, `/team/app/blobs/${first}?ns=${upstream().host}`, {
      onBytes: (bytes) => {
        most = Math.max(most, bytes);
        // It would never come to its end if the first bytes waited for the last ones.
        if (bytes >= 6000) gate.resolve();
      },
    });
    expect([body.toString(), isBroken, most]).toEqual([layerTexts[0], false, 12000]);
  });

  test("whose bytes are wrong is broken off and not kept", async () => {
    const image = putTagged();
    const [first = ""] = image.layers;
    upstream().answer(
      `/v2/team/app/blobs/${first}`,
      reply(200, (layerTexts[0] ?? "").replace("first", "worst")),
    );
    const { address } = await start();
    await ask(address, `/team/app/manifests/1.0?ns=${upstream().host}`);
    const { isBroken, body } = await ask(address, `/team/app/blobs/${first}?ns=${upstream().host}`);
    expect(isBroken).toBe(true);
    expect(body.byteLength).toBeLessThan(12000);
    expect(await kept()).not.toContain(first.slice(7));
    upstream().answer(`/v2/team/app/blobs/${first}`, upstream().stored);
    await pull(address, image);
  });

  test("of a registry with a login is pulled with the user's, which nobody else is shown", async () => {
    const image = putTagged();
    upstream().guard(({ headers }, response) => {
      if (headers.authorization !== undefined) return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="local"' }).end();
      return true;
    });
    const registries = { [upstream().host]: { credentials: { username: "ci", password: "s3cret-word" } } };
    const { address } = await start({ registries });
    await pull(address, image);
    const answer = await ask(address, `/team/none/manifests/1.0?ns=${upstream().host}`);
    expect(JSON.stringify(answer)).not.toContain("s3cret-word");
    expect(JSON.stringify(machine().log.lines)).not.toContain("s3cret-word");
  });

  test("of a registry that has a mirror is pulled from the mirror", async () => {
    const image = putTagged({ repository: "copies/team/app" });
    const { address } = await start({ mirrors: { "quay.io": `http://${upstream().host}/copies` } });
    const named = { ...image, repository: "team/app", image: "quay.io/team/app:1.0" };
    expect((await pull(address, named)).size).toBe(5);
  });
});

describe("what can't be had is left to the registry itself", () => {
  test.each([
    ["a tag that it does not have", "/team/app/manifests/2.0"],
    ["an image that it does not have", "/team/none/manifests/1.0"],
    ["a layer of an image that nobody pulled", `/team/app/blobs/sha256:${"0".repeat(64)}`],
  ])("%s", async (_name, path) => {
    putTagged();
    const { address } = await start();
    const { status, headers } = await ask(address, `${path}?ns=${upstream().host}`);
    expect([status, headers["location"]]).toEqual([307, `http://${upstream().host}/v2${path}`]);
  });

  test("through the mirror, where there is one", async () => {
    const { address } = await start({ mirrors: { "docker.io": `http://${upstream().host}/copies` } });
    const { headers } = await ask(address, "/library/none/manifests/1.0?ns=docker.io");
    expect(headers["location"]).toBe(
      `http://${upstream().host}/v2/copies/library/none/manifests/1.0?ns=docker.io`,
    );
  });

  test("but without monstack's own settings it can't be reached: containerd has to use its next one", async () => {
    const registries = { "own.example": { credentials: undefined, ca: "/etc/own.pem" } };
    const login = { "quay.io": `http://user:s3cret-word@${upstream().host}` };
    const { address } = await start({ registries, mirrors: login });
    for (const ns of ["own.example", "quay.io"]) {
      const { status, headers } = await ask(address, `/team/none/manifests/1.0?ns=${ns}`);
      expect([status, headers["location"]]).toEqual([404, undefined]);
    }
  });

  test("a layer whose registry fails", async () => {
    const image = putTagged();
    const [first = ""] = image.layers;
    upstream().answer(`/v2/team/app/blobs/${first}`, reply(404, ""));
    const { address } = await start();
    await ask(address, `/team/app/manifests/1.0?ns=${upstream().host}`);
    expect((await ask(address, `/team/app/blobs/${first}?ns=${upstream().host}`)).status).toBe(307);
  });
});

describe("with a lock", () => {
  test("a name stands for its locked digest, whatever its tag is by now", async () => {
    const image = putTagged();
    const supply = lockOf(image);
    const moved = putTagged({ layers: ["another one"] });
    expect(moved.digest).not.toBe(image.digest);
    const { address } = await start({ supply });
    expect((await pull(address, image)).has(image.digest)).toBe(true);
    expect(upstream().lines()).not.toContain("HEAD /v2/team/app/manifests/1.0");
  });

  test("which can't be had, it stands for nothing else", async () => {
    const image = putTagged();
    const digest = `sha256:${"0".repeat(64)}`;
    const { address } = await start({ supply: lockOf({ ...image, digest }) });
    const { status, headers } = await ask(address, `/team/app/manifests/1.0?ns=${upstream().host}`);
    expect([status, headers["location"]]).toEqual([
      307,
      `http://${upstream().host}/v2/team/app/manifests/${digest}`,
    ]);
  });

  test("a name that it does not have is not looked up", async () => {
    putTagged();
    const { address } = await start({ supply: lockOf() });
    const { status } = await ask(address, `/team/app/manifests/1.0?ns=${upstream().host}`);
    expect([status, upstream().lines()]).toEqual([307, []]);
  });

  test("and without a network only what is there is given out", async () => {
    const image = putTagged();
    const supply = { ...lockOf(image), offline: "--bundle b.tar" };
    const { address } = await start({ supply });
    const path = `/team/app/manifests/1.0?ns=${upstream().host}`;
    expect((await ask(address, path)).status).toBe(404);
    const online = await start({ supply: lockOf(image) });
    await online.prefetch([image.image]);
    const asked = upstream().lines().length;
    await pull(address, image);
    expect(upstream().lines()).toHaveLength(asked);
  });
});

test("a manifest without a media type of its own is what its content is", async () => {
  const { image, repository, layers, config } = putImage(upstream(), { index: false });
  const descriptor = (digest: string, size: number) => ({ mediaType: "x/y", digest, size });
  const content = {
    schemaVersion: 2,
    config: descriptor(config, 80),
    layers: layers.map((digest) => descriptor(digest, 12000)),
  };
  const digest = upstream().putManifest(repository, content, ociIndex);
  const supply = lockOf({ image, digest });
  await (await start({ supply })).prefetch([image]).catch(() => {});
  const { address } = await start({ supply });
  const { headers } = await ask(address, `/${repository}/manifests/1.0?ns=${upstream().host}`);
  expect(headers["content-type"]).toBe("application/vnd.oci.image.manifest.v1+json");
});

test("after the run nobody is there, and no unfinished file", async () => {
  await using other = await localRegistry();
  const image = putTagged();
  const [first = ""] = image.layers;
  upstream().answer(`/v2/team/app/blobs/${first}`, slow(Buffer.from(layerTexts[0] ?? ""), 100, 100));
  const registry = await start();
  const fetching = expect(registry.prefetch([image.image])).rejects.toThrow();
  await pull(registry.address, { ...image, layers: [] });
  await registry.close();
  await fetching;
  await expect(ask(registry.address, "/")).rejects.toThrow("ECONNREFUSED");
  expect(await kept()).not.toContain(first.slice(7));
  expect(other.lines()).toEqual([]);
});

test("a registry that fails is asked once; containerd is sent there at once, to report its message", async () => {
  putTagged();
  upstream().guard((_request, response) => {
    response.writeHead(503).end();
    return true;
  });
  const { address } = await start();
  const { status } = await ask(address, `/team/app/manifests/1.0?ns=${upstream().host}`);
  expect([status, upstream().lines()]).toEqual([307, ["HEAD /v2/team/app/manifests/1.0"]]);
});
