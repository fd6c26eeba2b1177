import { once } from "node:events";
import { copyFile, mkdir } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RegistryAccess } from "../../../src/config/schema.ts";
import { createHost } from "../../../src/host/create.ts";
import { fetchChart } from "../../../src/sources/charts/fetch.ts";
import { genuineHelms } from "../../deploy/helms.ts";
import { serveTls, type TlsServer } from "../../support/local-proxy.ts";
import { chartTgz } from "../archives.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import { sha256 } from "../upstream.ts";

const archive = chartTgz("mine", "1.0.0");
const config = Buffer.from('{"name":"mine","version":"1.0.0","apiVersion":"v2"}');
const part = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  digest: `sha256:${sha256(bytes)}`,
  size: bytes.length,
});
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const manifestOf = (layer: ReturnType<typeof part>) =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: part("application/vnd.cncf.helm.config.v1+json", config),
      layers: [{ ...layer, mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip" }],
    }),
  );
const hugeDigest = `sha256:${"a".repeat(64)}`;

/** As fast as they are taken. */
async function sendZeros(response: ServerResponse, size: number): Promise<void> {
  response.writeHead(200, { "content-length": size });
  const zeros = Buffer.alloc(1024 ** 2);
  const gone = once(response, "close");
  for (let sent = 0; sent < size && !response.destroyed; sent += zeros.length)
    if (!response.write(zeros)) await Promise.race([once(response, "drain"), gone]);
}

let machine: Machine;
let registry: TlsServer;
/** What the registry wants to see; empty: nothing. */
let wanted = "";
/** Of the chart's archive, as the manifest says and as it comes; undefined: a genuine one. */
let endless: number | undefined;
beforeEach(async () => {
  machine = await createMachine();
  wanted = "";
  endless = undefined;
  const blobs = [config, archive, manifestOf(part("", archive))];
  registry = await serveTls(machine.home, ["localhost"], ({ url = "", method, headers }, response) => {
    if (wanted !== "" && headers.authorization !== wanted)
      return response.writeHead(401, { "www-authenticate": 'Basic realm="charts"' }).end();
    if (endless !== undefined && url.endsWith(hugeDigest)) return sendZeros(response, endless);
    if (endless !== undefined)
      blobs[2] = manifestOf({ ...part("", archive), digest: hugeDigest, size: endless });
    const manifest = blobs[2];
    const named = url.endsWith("/manifests/1.0.0") ? manifest : undefined;
    const blob = named ?? blobs.find((bytes) => url.endsWith(sha256(bytes)));
    if (url === "/v2/") return response.end("{}");
    if (blob === undefined) return response.writeHead(404).end();
    const type = blob === manifest ? manifestType : "application/octet-stream";
    const digest = `sha256:${sha256(blob)}`;
    response.writeHead(200, {
      "content-type": type,
      "content-length": blob.length,
      "docker-content-digest": digest,
    });
    return response.end(method === "HEAD" ? undefined : blob);
  });
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

const host = () => `localhost:${registry.port}`;

async function pull(
  helm: ReturnType<typeof genuineHelms>[number]["tool"],
  env: Record<string, string>,
  access?: Partial<RegistryAccess>,
) {
  const { PATH = "" } = process.env;
  const context = { ...machine.context, host: await createHost({ PATH, HOME: machine.home, ...env }) };
  const ref = { kind: "oci", url: `oci://${host()}/org/mine`, version: "1.0.0" } as const;
  const retryPolicy = { ...quick.retryPolicy, tries: 1 };
  const registries = access && { [host()]: { credentials: undefined, ...access } };
  const config = { mirrors: {}, ...(registries && { registries }) };
  return await fetchChart(context, config, ref, { helm: Promise.resolve(helm), retryPolicy });
}

const helms = genuineHelms();

test.skipIf(helms.length > 0)("no genuine helm is here to be asked (lab/lab build has two)", () => {});

test.each(helms)("helm $version sees Node's own authority too", async ({ tool }) => {
  await expect(pull(tool, {})).rejects.toThrow(/certificate signed by unknown authority|failed to verify/);
  expect((await pull(tool, { NODE_EXTRA_CA_CERTS: registry.ca })).sha256).toBe(sha256(archive));
});

test.each(helms)("helm $version keeps the system's authorities", async ({ tool }) => {
  const system = join(machine.home, "system");
  const other = join(machine.home, "other");
  await mkdir(system);
  await mkdir(other);
  await copyFile(registry.ca, join(system, "registry.pem"));
  await using another = await serveTls(other, ["localhost"], (_asked, response) => response.end());
  const env = { NODE_EXTRA_CA_CERTS: another.ca, SSL_CERT_DIR: system };
  expect((await pull(tool, env)).sha256).toBe(sha256(archive));
});

test.each(helms)(
  "helm $version is ended when a registry sends it more than any chart has",
  async ({ tool }) => {
    endless = 8 * 1024 ** 3;
    const pulled = pull(tool, {}, { ca: registry.ca });
    // helm 4 has a limit of its own.
    await expect(pulled).rejects.toThrow(/took more than 512 MiB of memory|invalid descriptor size/);
  },
);

describe.each(helms)("what `registries` says holds for helm $version:", ({ tool }) => {
  const credentials = { username: "ci", password: "s3cret" };

  test("its authority, beside Node's own", async () => {
    expect((await pull(tool, {}, { ca: registry.ca })).sha256).toBe(sha256(archive));
    const other = join(machine.home, "other");
    await mkdir(other);
    await using another = await serveTls(other, ["localhost"], (_asked, response) => response.end());
    const env = { NODE_EXTRA_CA_CERTS: registry.ca };
    expect((await pull(tool, env, { ca: another.ca })).sha256).toBe(sha256(archive));
  });

  test("no verification", async () => {
    expect((await pull(tool, {}, { insecure: true })).sha256).toBe(sha256(archive));
  });

  test("its login", async () => {
    wanted = `Basic ${Buffer.from("ci:s3cret").toString("base64")}`;
    const without = pull(tool, {}, { ca: registry.ca });
    await expect(without).rejects.toThrow(/could not be pulled/);
    await expect(without).rejects.toMatchObject({
      fix: expect.stringContaining(`whether ${host()} wants a login: \`registries\``) as string,
    });
    const with_ = { ca: registry.ca, credentials };
    expect((await pull(tool, {}, with_)).sha256).toBe(sha256(archive));
  });

  test("a wrong login is refused, and not shown", async () => {
    wanted = "Basic another";
    const refused = pull(tool, {}, { ca: registry.ca, credentials });
    await expect(refused).rejects.toThrow(/401|unauthorized|denied/i);
    await expect(refused).rejects.not.toThrow(/s3cret/);
  });
});
