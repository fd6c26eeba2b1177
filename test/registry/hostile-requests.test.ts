import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseByteRange, parseRequested } from "../../src/registry/requested.ts";
import { getImagesFolder } from "../../src/registry/store.ts";
import { putImage } from "../sources/images/test-image.ts";
import { ask, lockOf, pull, pulling } from "./pulling.ts";

const { machine, upstream, start } = pulling();
const zeros = `sha256:${"0".repeat(64)}`;

test.each([
  ["another secret", `/${"1".repeat(48)}/v2/team/app/manifests/1.0?ns=quay.io`],
  ["no secret", "/v2/team/app/manifests/1.0?ns=quay.io"],
  ["no registry", "/secret/v2/team/app/manifests/1.0"],
  ["an empty registry", "/secret/v2/team/app/manifests/1.0?ns="],
  ["a folder as a registry", "/secret/v2/team/app/manifests/1.0?ns=library"],
  ["a registry with a path", "/secret/v2/app/manifests/1.0?ns=quay.io%2F..%2Fteam"],
  ["a registry that names a user", "/secret/v2/app/manifests/1.0?ns=user@quay.io"],
  ["dots in the name", "/secret/v2/../../etc/manifests/1.0?ns=quay.io"],
  ["encoded dots in the name", "/secret/v2/%2e%2e/etc/manifests/1.0?ns=quay.io"],
  ["dots as a tag", "/secret/v2/team/app/manifests/..?ns=quay.io"],
  ["a blob by a path", "/secret/v2/team/app/blobs/..%2f..%2fk3s?ns=quay.io"],
  ["a blob by a tag", "/secret/v2/team/app/blobs/latest?ns=quay.io"],
  ["a short digest", "/secret/v2/team/app/blobs/sha256:00?ns=quay.io"],
  ["another digest", `/secret/v2/team/app/blobs/sha512:${"0".repeat(128)}?ns=quay.io`],
  ["capital letters in a digest", `/secret/v2/team/app/blobs/sha256:${"A".repeat(64)}?ns=quay.io`],
  ["another group", "/secret/v2/team/app/tags/list?ns=quay.io"],
  ["uploads", "/secret/v2/team/app/blobs/uploads/?ns=quay.io"],
  ["a long address", `/secret/v2/${"a".repeat(2000)}/manifests/1.0?ns=quay.io`],
  ["an absolute address", "http://quay.io/secret/v2/team/app/manifests/1.0?ns=quay.io"],
])("%s is not a request for an image", (_name, url) => {
  expect(parseRequested(url, "secret")).toBeUndefined();
});

test("what containerd asks for is one", () => {
  const [manifest, blob] = [
    parseRequested("/secret/v2/library/busybox/manifests/1.38.0?ns=docker.io", "secret"),
    parseRequested(`/secret/v2/app/blobs/${zeros}?ns=localhost%3A5000`, "secret"),
  ];
  expect(manifest).toEqual({
    kind: "manifest",
    ref: { registry: "docker.io", repository: "library/busybox", tag: "1.38.0", digest: undefined },
  });
  expect(blob).toEqual({
    kind: "blob",
    ref: { registry: "localhost:5000", repository: "app", tag: undefined, digest: zeros },
  });
});

test.each([
  ["bytes=0-9", { from: 0, to: 10 }],
  ["bytes=90-", { from: 90, to: 100 }],
  ["bytes=90-1000", { from: 90, to: 100 }],
  ["bytes=100-", undefined],
  ["bytes=9-1", undefined],
  ["bytes=-5", undefined],
  ["bytes=0-1,5-6", undefined],
  [undefined, undefined],
])("the range %s of 100 bytes", (header, expected) => {
  expect(parseByteRange(header, 100)).toEqual(expected);
});

test("other files of the cache are not given out, by whatever digest they lie there", async () => {
  const image = putImage(upstream());
  const registry = await start({ supply: lockOf(image) });
  await registry.prefetch([image.image]);
  await writeFile(join(getImagesFolder(machine().host), "0".repeat(64)), "somebody's layer");
  const { status, body } = await ask(registry.address, `/team/app/blobs/${zeros}?ns=${upstream().host}`);
  expect([status, body.toString()]).toEqual([307, ""]);
});

test("nothing is changed or taken: only GET and HEAD are answered", async () => {
  const { address } = await start();
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    expect((await ask(address, "/team/app/blobs/uploads/?ns=quay.io", { method })).status).toBe(405);
});

test("who does not know the secret gets nothing, not even whether an image is there", async () => {
  const image = putImage(upstream());
  const registry = await start({ supply: lockOf(image) });
  await registry.prefetch([image.image]);
  const without = { ...registry.address, url: `https://${registry.address.host}/${"0".repeat(48)}/v2` };
  const answers = [image.layers[0], zeros].map((digest) =>
    ask(without, `/team/app/blobs/${digest}?ns=${upstream().host}`),
  );
  for (const { status, body } of await Promise.all(answers))
    expect([status, body.toString()]).toEqual([404, expect.stringContaining("NAME_UNKNOWN")]);
  const [, , , secret = ""] = registry.address.url.split("/");
  expect(secret).toHaveLength(48);
  expect(machine().log.redactor.message(`Head "${registry.address.url}/x": EOF`)).not.toContain(secret);
});

test("connections that say nothing do not keep containerd out", async () => {
  const image = putImage(upstream());
  const registry = await start({ supply: lockOf(image) });
  const [, port] = registry.address.host.split(":");
  const silent = Array.from({ length: 40 }, () => connect(Number(port), "127.0.0.1").on("error", () => {}));
  expect((await pull(registry.address, image)).size).toBe(5);
  for (const socket of silent) socket.destroy();
});
