import { describe, expect, test } from "vitest";
import { type Answer, reply } from "../sources/images/local-registry.ts";
import { layerTexts, putImage, type TestImage } from "../sources/images/test-image.ts";
import { slow } from "../sources/upstream.ts";
import { lockOf, pull, pulling } from "./pulling.ts";

const { upstream: registry, start, said, kept } = pulling();

/** Fetches an image and returns a layer's text. */
async function fetch(image: TestImage, layer = "", settings: Parameters<typeof start>[0] = {}) {
  const own = await start({ supply: lockOf(image), ...settings });
  await own.prefetch([image.image]);
  return (await pull(own.address, image)).get(layer)?.toString();
}

describe("a layer that breaks off", () => {
  const text = layerTexts[1] ?? "";
  const breaksOff: Answer = (_request, response) => {
    response.writeHead(200, { "content-length": String(text.length) });
    response.write(text.slice(0, 5_000));
    // What is not yet read when the line breaks is lost.
    setTimeout(() => response.socket?.end(), 200);
  };
  const aRange = expect.stringMatching(/^bytes=[1-9]\d*-$/) as string;
  const rangesOf = (digest: string) =>
    registry()
      .asked.filter(({ line }) => line.endsWith(digest))
      .map(({ range }) => range);

  test("is gone on with where it broke, after a refusal too", async () => {
    const image = putImage(registry());
    const [, second = ""] = image.layers;
    registry().answer(`/v2/team/app/blobs/${second}`, breaksOff, reply(503, ""), registry().stored);
    expect(await fetch(image, second)).toBe(text);
    expect(rangesOf(second)).toEqual([undefined, aRange, aRange]);
  });

  test("is fetched anew from a registry that knows no ranges", async () => {
    const image = putImage(registry());
    const [, second = ""] = image.layers;
    registry().answer(`/v2/team/app/blobs/${second}`, breaksOff, slow(Buffer.from(text), 3, 20));
    expect(await fetch(image, second)).toBe(text);
    expect(rangesOf(second)).toEqual([undefined, aRange]);
  });

  test("is gone on with after a new login, where the old one is over meanwhile", async () => {
    const image = putImage(registry());
    const [, second = ""] = image.layers;
    const login = reply(401, "", { "www-authenticate": 'Basic realm="local"' });
    registry().answer(`/v2/team/app/blobs/${second}`, breaksOff, login, registry().stored);
    const registries = { [registry().host]: { credentials: { username: "ci", password: "s3cret-word" } } };
    expect(await fetch(image, second, { registries })).toBe(text);
    expect(rangesOf(second)).toEqual([undefined, aRange, aRange]);
  });

  test("and goes on as something else is refused", async () => {
    const image = putImage(registry());
    const [, second = ""] = image.layers;
    const rest: Answer = (request, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1]);
      const range = { "content-range": `bytes ${from}-${text.length - 1}/${text.length}` };
      reply(206, "x".repeat(text.length - from), range)(request, response);
    };
    registry().answer(`/v2/team/app/blobs/${second}`, breaksOff, rest);
    expect(await said(fetch(image))).toMatch(/its layer should be sha256:\w+, got sha256:\w+/);
    expect(await kept()).not.toContain(second.slice(7));
  });
});
