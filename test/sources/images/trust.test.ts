import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RegistryAccess } from "../../../src/config/schema.ts";
import { parseImageRef } from "../../../src/lib/image.ts";
import { resolveDigest } from "../../../src/sources/images/registry.ts";
import { createWeb } from "../../../src/sources/web/web.ts";
import { serveTls, type TlsServer } from "../../support/local-proxy.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import { ociManifest } from "./local-registry.ts";

const digest = `sha256:${"7".repeat(64)}`;
const credentials = { username: "ci", password: "s3cret-word" };

let machine: Machine;
let other: TlsServer;
let registry: TlsServer;
/** What the other host was shown. */
let shown: (string | undefined)[];
beforeEach(async () => {
  machine = await createMachine();
  shown = [];
  const [here, there] = [join(machine.home, "here"), join(machine.home, "there")];
  await Promise.all([mkdir(here), mkdir(there)]);
  const manifest = { "content-type": ociManifest, "docker-content-digest": digest };
  other = await serveTls(there, ["localhost"], ({ url, headers }, response) => {
    shown.push(headers.authorization);
    if (url?.startsWith("/token")) response.end(JSON.stringify({ token: "t0ken" }));
    else response.writeHead(200, manifest).end();
  });
  registry = await serveTls(here, ["localhost"], ({ url = "", headers }, response) => {
    if (url.includes("/moved/"))
      return response.writeHead(307, { location: `https://localhost:${other.port}${url}` }).end();
    if (url.includes("/private/") && headers.authorization !== "Bearer t0ken") {
      const realm = `Bearer realm="https://localhost:${other.port}/token",service="s"`;
      return response.writeHead(401, { "www-authenticate": realm }).end();
    }
    return response.writeHead(200, manifest).end();
  });
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

function ask(access: Partial<RegistryAccess>, repository = "team/app"): Promise<string> {
  const host = `localhost:${registry.port}`;
  // A busy machine is no stalled host.
  const patient = { retryPolicy: { ...quick.retryPolicy, stallMs: 5_000 } };
  // This machine's own registries are asked without TLS, but for one that is named with its scheme.
  const web = createWeb(machine.context, { mirrors: { "registry.example": `https://${host}` } }, patient);
  const registries = { [host]: { credentials: undefined, ...access } };
  return resolveDigest({ ...web, registries }, parseImageRef(`registry.example/${repository}:1.0`));
}

test("nobody knows who signed its certificate: the setting that says so is named", async () => {
  const host = `localhost:${registry.port}`;
  await expect(ask({})).rejects.toMatchObject({
    message: `https://${host}/v2/team/app/manifests/1.0?ns=registry.example: no trusted connection (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    fix: `name the authority that signed it: registries: {"${host}": {ca: FILE}}`,
  });
  expect(registry.seen).toEqual([]);
});

test("its own authority is enough for it, and for no other", async () => {
  expect(await ask({ ca: registry.ca })).toBe(digest);
  await expect(ask({ ca: other.ca })).rejects.toThrow("no trusted connection (DEPTH_ZERO_SELF_SIGNED_CERT)");
});

test("Node's own authorities are trusted beside it", async () => {
  await expect(ask({ ca: registry.ca }, "moved/app")).rejects.toThrow("no trusted connection");
  const own = getCACertificates("default");
  setDefaultCACertificates([...own, (await machine.host.files.read(other.ca)) ?? ""]);
  try {
    // Another text of the same authority: what a connection was opened with stays with it.
    const ca = join(machine.home, "again.pem");
    await writeFile(ca, `\n${await machine.host.files.read(registry.ca)}`);
    expect(await ask({ ca }, "moved/app")).toBe(digest);
  } finally {
    setDefaultCACertificates(own);
  }
});

test("unverified, it may be anybody", async () => {
  expect(await ask({ insecure: true })).toBe(digest);
});

test("what it redirects to and its token service are known in the same way, as to containerd", async () => {
  const both = join(machine.home, "both.pem");
  const read = (path: string) => machine.host.files.read(path);
  await writeFile(both, `${await read(registry.ca)}\n${await read(other.ca)}`);
  expect(await ask({ ca: both }, "moved/app")).toBe(digest);
  expect(await ask({ ca: both, credentials }, "private/app")).toBe(digest);
  const login = `Basic ${Buffer.from("ci:s3cret-word").toString("base64")}`;
  expect(shown).toEqual([undefined, login]);
  shown.length = 0;
  expect(await ask({ insecure: true }, "moved/app")).toBe(digest);
});

test.each([
  ["nowhere.pem", undefined, "file not found"],
  ["key.pem", "-----BEGIN PRIVATE KEY-----", "holds no certificate"],
])("the file of an authority, %s, is looked at before anybody is asked", async (name, text, words) => {
  const ca = join(machine.home, name);
  if (text !== undefined) await writeFile(ca, text);
  const error = await ask({ ca }).then(
    () => new Error("no error"),
    (thrown: Error) => thrown,
  );
  expect(error.message).toContain(`registries.localhost:${registry.port}.ca: `);
  expect(error.message).toContain(words);
  expect(registry.seen).toEqual([]);
});
