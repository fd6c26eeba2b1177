import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBlobFile } from "../../src/registry/blob-file.ts";
import { createConnections } from "../../src/registry/connections.ts";
import { fillBlob } from "../../src/registry/fill-blob.ts";
import { startImageRegistry } from "../../src/registry/registry.ts";
import { getNotesFolder } from "../../src/registry/store.ts";
import { openRepository } from "../../src/sources/images/registry.ts";
import { createWeb } from "../../src/sources/web/web.ts";
import { type Answer, localRegistry, reply } from "../sources/images/local-registry.ts";
import { putImage } from "../sources/images/test-image.ts";
import { quick } from "../sources/machine.ts";
import { lockOf, pulling } from "./pulling.ts";

const { machine, upstream, start, prefetch, said } = pulling();

describe("images that are fetched beforehand", () => {
  test("come once each, with layers that they share", async () => {
    const images = ["a", "b", "c"].map((name) =>
      putImage(upstream(), { repository: `team/${name}`, layers: ["shared", `own of ${name}`] }),
    );
    await prefetch(images);
    const shared = images[0]?.layers[0] ?? "";
    expect(
      upstream()
        .lines()
        .filter((line) => line.endsWith(shared)),
    ).toHaveLength(1);
  });

  test("come even if the tools' download has failed before the registry was there", async () => {
    // A rejection that nothing handles in time ends the process; vitest reports it as an error.
    const image = putImage(upstream());
    const whenToolsAreThere = Promise.reject(new Error("no checksum of k3s"));
    const registry = await start({ supply: lockOf(image), whenToolsAreThere });
    await registry.prefetch([image.image]);
    expect(registry.listBlobs(image.image)).toContain(image.layers[0]);
  });

  test("end with the run, also if their unfinished parts cannot be removed: a teardown follows", async () => {
    const { context } = machine();
    const files = {
      ...context.host.files,
      remove: async () => {
        throw new Error("read-only file system");
      },
    };
    const registry = await startImageRegistry(
      { ...context, host: { ...context.host, files } },
      { mirrors: {} },
    );
    await registry.close();
    expect(machine().log.lines.at(-1)).toMatchObject({
      level: "warn",
      message: expect.stringContaining("read-only file system"),
    });
  });

  test("are noted by name, with their parts", async () => {
    const image = putImage(upstream());
    await prefetch([image]);
    const folder = getNotesFolder(machine().host);
    const [name = ""] = await readdir(folder);
    expect(JSON.parse(await readFile(join(folder, name), "utf8"))).toEqual({
      image: image.image,
      digest: image.digest,
      blobs: [image.digest, image.manifest, image.config, ...image.layers],
    });
  });

  test("are reported: what was fetched, and what was there", async () => {
    const image = putImage(upstream());
    const messages = () => machine().log.lines.map(({ message }) => message);
    await prefetch([image]);
    expect(messages().at(-1)).toMatch(
      /^image 127\.0\.0\.1:\d+\/team\/app:1\.0: 24 KiB from 127\.0\.0\.1:\d+ in [\d.]+ s, digest verified$/,
    );
    await prefetch([image]);
    expect(messages().at(-1)).toBe("images: 1 of 1 from the cache, digests verified");
  });

  test("are known by each digest that a kubelet may report", async () => {
    const image = putImage(upstream());
    const registry = await start({ supply: lockOf(image) });
    await registry.prefetch([image.image]);
    expect(registry.listDigests(image.image)).toEqual([image.digest, image.manifest, image.config]);
    expect(registry.listDigests("quay.io/other:1")).toEqual([]);
  });

  test("a layer may be redirected to another host, which is shown no login", async () => {
    await using storage = await localRegistry();
    const image = putImage(upstream());
    putImage(storage);
    const [first = ""] = image.layers;
    upstream().guard(({ headers, url }, response) => {
      if (headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="local"' }).end();
        return true;
      }
      if (!url?.endsWith(first)) return false;
      response.writeHead(307, { location: `${storage.url}/v2/team/app/blobs/${first}?signed=x` }).end();
      return true;
    });
    const registries = { [upstream().host]: { credentials: { username: "ci", password: "s3cret-word" } } };
    await prefetch([image], { registries });
    expect(storage.asked.map(({ line, authorization }) => [line, authorization])).toEqual([
      [`GET /v2/team/app/blobs/${first}`, undefined],
    ]);
  });

  test("of a tag that is gone end with the reason", async () => {
    const registry = await start();
    expect(await said(registry.prefetch([`${upstream().host}/team/app:9`]))).toMatch(
      /^image not found: HOST\/team\/app:9: .* answers 404/,
    );
  });
});

describe("a big layer", () => {
  const text = Array.from({ length: 10_000 }, (_, index) => `line ${index}\n`).join("");

  /** Fetches a blob in parts of 10,000 bytes, and reads it at the same time. */
  async function fetchInParts(answer?: Answer): Promise<string> {
    const digest = upstream().putBlob("team/app", text);
    if (answer) upstream().answer(`/v2/team/app/blobs/${digest}`, answer);
    const { context, host, home } = machine();
    const web = createWeb(context, { mirrors: {} }, quick);
    const repository = openRepository(web, { registry: upstream().host, repository: "team/app" });
    const file = await host.files.open(join(home, "blob"), "new");
    const blob = createBlobFile(file, { digest, size: text.length });
    const connections = createConnections(() => 4).run;
    const filling = fillBlob(
      { blob, repository, connections, write: file.write, what: "a blob", onPiece: () => {} },
      10_000,
    ).catch((error: unknown) => {
      blob.fail(error);
      throw error;
    });
    const checking = blob.computeDigest().then((got) => {
      expect(got).toBe(digest);
      blob.release();
    });
    const pieces: Uint8Array[] = [];
    const reading = (async () => {
      for await (const piece of blob.read(0, text.length)) pieces.push(piece);
    })();
    try {
      const outcomes = await Promise.allSettled([filling, checking, reading]);
      const failed = outcomes.find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
    } finally {
      await blob.close();
    }
    return Buffer.concat(pieces).toString();
  }

  const ranges = () => upstream().asked.map(({ range }) => range);

  test("comes in parts, through several connections", async () => {
    let [now, most] = [0, 0];
    const got = await fetchInParts((request, response) => {
      now += 1;
      most = Math.max(most, now);
      response.on("close", () => {
        now -= 1;
      });
      setTimeout(() => upstream().stored(request, response), 20);
    });
    expect(got).toBe(text);
    expect(most).toBe(4);
    expect(ranges()[0]).toBe("bytes=0-9999");
    expect(ranges().at(-1)).toMatch(/^bytes=\d+-$/);
  });

  test("comes in one piece from a registry that knows no ranges", async () => {
    expect(await fetchInParts(reply(200, text))).toBe(text);
    expect(ranges()).toEqual(["bytes=0-9999"]);
  });

  test("a part that breaks off is resumed where it broke", async () => {
    let broken = false;
    const got = await fetchInParts((request, response) => {
      if (broken || request.headers.range !== "bytes=20000-29999")
        return upstream().stored(request, response);
      broken = true;
      const range = { "content-range": `bytes 20000-29999/${text.length}`, "content-length": "10000" };
      response.writeHead(206, range).write(text.slice(20_000, 24_000));
      setTimeout(() => response.destroy(), 100);
    });
    expect(got).toBe(text);
    expect(ranges()).toContain("bytes=24000-29999");
  });

  test("another part than the requested one is not taken", async () => {
    const wrong: Answer = (request, response) => {
      if (request.headers.range === "bytes=0-9999") return upstream().stored(request, response);
      reply(206, "x", { "content-range": `bytes 5-5/${text.length}` })(request, response);
    };
    expect(await said(fetchInParts(wrong))).toContain("with another part of the file than the requested one");
  });
});

test("what somebody waits for comes first, then the biggest", async () => {
  let places = 1;
  const { run, grow } = createConnections(() => places);
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  let isUrgent = false;
  const add = (name: string, bytes: number, urgent = () => false) =>
    run({ isUrgent: urgent, bytes }, async () => {
      order.push(name);
      if (name === "first") await gate.promise;
    });
  const all = [
    add("first", 1),
    add("small", 2),
    add("big", 9),
    add("wanted", 1, () => isUrgent),
    add("big too", 9),
  ];
  isUrgent = true;
  gate.resolve();
  await Promise.all(all);
  expect(order).toEqual(["first", "wanted", "big", "big too", "small"]);
  places = 2;
  grow();
});
