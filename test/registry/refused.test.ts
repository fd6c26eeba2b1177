import { describe, expect, test } from "vitest";
import { ociIndex, reply } from "../sources/images/local-registry.ts";
import { layerTexts, putImage, type TestImage } from "../sources/images/test-image.ts";
import { pulling } from "./pulling.ts";

const { upstream: registry, prefetch, said, kept, expectRight } = pulling();
const fetch = (image: TestImage) => prefetch([image]);

describe("nothing wrong is kept of an image", () => {
  const wrong: [string, (image: TestImage) => void, RegExp][] = [
    [
      "whose index is another's",
      ({ digest }) => registry().answer(`/v2/team/app/manifests/${digest}`, json({ manifests: [] })),
      /its manifest should be sha256:\w+, got sha256:\w+ from http:\/\/HOST\/v2\/team\/app\/manifests\//,
    ],
    [
      "whose manifest is another's",
      ({ manifest }) => registry().answer(`/v2/team/app/manifests/${manifest}`, json({ layers: [] })),
      /its manifest should be sha256:\w+, got sha256:\w+/,
    ],
    [
      "whose manifest is a page",
      ({ manifest }) =>
        registry().answer(
          `/v2/team/app/manifests/${manifest}`,
          reply(200, "<html>Sign in</html>", { "content-type": "text/html" }),
        ),
      /is not an image manifest but text\/html/,
    ],
    [
      "whose configuration has other bytes",
      ({ config }) => registry().answer(`/v2/team/app/blobs/${config}`, reply(200, "{}")),
      /its config should be sha256:\w+, got sha256:\w+/,
    ],
    [
      "whose layer has other bytes",
      ({ layers }) =>
        registry().answer(
          `/v2/team/app/blobs/${layers[0]}`,
          reply(200, (layerTexts[0] ?? "").replace("first", "worst")),
        ),
      /its layer should be sha256:\w+, got sha256:\w+ from http:\/\/HOST\/v2\/team\/app\/blobs\//,
    ],
    [
      "whose layer is a page",
      ({ layers }) =>
        registry().answer(
          `/v2/team/app/blobs/${layers[0]}`,
          reply(200, "<html>Sign in</html>", { "content-type": "text/html" }),
        ),
      /got 20 bytes instead of 12000/,
    ],
    [
      "whose layer is shorter than it should be",
      ({ layers }) => registry().answer(`/v2/team/app/blobs/${layers[0]}`, reply(200, "first layer ")),
      /its layer sha256:\w+ from http:\/\/HOST\/\S+: got 12 bytes instead of 12000; the download was discarded/,
    ],
    [
      "whose layer has no end",
      ({ layers }) => registry().answer(`/v2/team/app/blobs/${layers[0]}`, endless),
      /its layer sha256:\w+ from http:\/\/HOST\/\S+: more than 12000 bytes, which is more than expected/,
    ],
    [
      "whose configuration has no end",
      ({ config }) => registry().answer(`/v2/team/app/blobs/${config}`, endless),
      /more than \d+ bytes, which is more than expected/,
    ],
    [
      "whose layer breaks off each time",
      ({ layers }) =>
        registry().answer(`/v2/team/app/blobs/${layers[0]}`, (_request, response) => {
          response.writeHead(200, { "content-length": "12000" });
          response.write("first", () => response.destroy());
        }),
      /the connection (broke|failed).*tried 4 times/,
    ],
    [
      "of which a layer is missing",
      ({ layers }) => registry().answer(`/v2/team/app/blobs/${layers[0]}`, reply(404, "")),
      /blobs\/sha256:\w+: the host answers 404/,
    ],
  ];
  test.each(wrong)("%s", async (_name, spoil, words) => {
    const image = putImage(registry());
    spoil(image);
    expect(await said(fetch(image))).toMatch(words);
    // Other parts of it may be.
    await expectRight();
  });

  test("that isn't there", async () => {
    const image = { ...putImage(registry()), digest: `sha256:${"0".repeat(64)}` };
    expect(await said(fetch(image))).toMatch(/^image not found: HOST\/team\/app:1.0: .* answers 404/);
  });

  test("that isn't built for this machine", async () => {
    const index = ["linux/arm64", "linux/s390x", "windows/amd64", "unknown/unknown"];
    const image = putImage(registry(), { index });
    expect(await said(fetch(image))).toBe(
      "image HOST/team/app:1.0 has no build for linux/amd64: it is built only for linux/arm64, linux/s390x, windows/amd64; " +
        "name another image in the chart's values, or run on a machine that it is built for",
    );
    expect(
      registry()
        .lines()
        .some((line) => line.includes("/blobs/")),
    ).toBe(false);
  });

  test("without an index that is built for another machine", async () => {
    const image = putImage(registry(), { index: false, architecture: "arm64" });
    expect(await said(fetch(image))).toContain(
      "has no build for linux/amd64: it is built only for linux/arm64",
    );
  });

  test("that is an index and a manifest at once", async () => {
    const image = putImage(registry());
    const both = { ...JSON.parse(image.manifestBytes), manifests: [] };
    const digest = registry().putManifest("team/app", both, ociIndex);
    expect(await said(fetch({ ...image, digest }))).toContain("it is an index and a manifest at once");
  });

  test("and none of the others' when one fails", async () => {
    const good = putImage(registry(), { repository: "team/good", layers: ["x"] });
    const bad = putImage(registry());
    registry().answer(`/v2/team/app/blobs/${bad.layers[1]}`, reply(200, "y"));
    registry().answer(`/v2/team/good/blobs/${good.layers[0]}`, () => {});
    expect(await said(prefetch([good, bad]))).toContain("got 1 bytes instead of 13000");
    const layers = [...good.layers, bad.layers[1] ?? ""].map((digest) => digest.slice(7));
    for (const name of await kept()) expect(layers).not.toContain(name);
  });
});

function json(content: unknown) {
  return reply(200, JSON.stringify(content), { "content-type": ociIndex });
}

const endless = (_request: unknown, response: import("node:http").ServerResponse) => {
  response.writeHead(200);
  const more = (): void => void response.write(Buffer.alloc(64 * 1024), () => setImmediate(more));
  more();
};
