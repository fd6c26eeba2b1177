import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { fetchChart } from "../../src/sources/charts.ts";
import { genuineHelms } from "../deploy/helms.ts";
import { serveTls, type TlsServer } from "../support/local-proxy.ts";
import { chartTgz } from "./archives.ts";
import { createMachine, type Machine, quick } from "./machine.ts";
import { sha256 } from "./upstream.ts";

const archive = chartTgz("mine", "1.0.0");
const config = Buffer.from('{"name":"mine","version":"1.0.0","apiVersion":"v2"}');
const part = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  digest: `sha256:${sha256(bytes)}`,
  size: bytes.length,
});
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: part("application/vnd.cncf.helm.config.v1+json", config),
    layers: [part("application/vnd.cncf.helm.chart.content.v1.tar+gzip", archive)],
  }),
);

let machine: Machine;
let registry: TlsServer;
beforeEach(async () => {
  machine = await createMachine();
  const blobs = [config, archive, manifest];
  registry = await serveTls(machine.home, ["localhost"], ({ url = "", method }, response) => {
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

async function pull(helm: ReturnType<typeof genuineHelms>[number]["tool"], env: Record<string, string>) {
  const { PATH = "" } = process.env;
  const context = { ...machine.context, host: await createHost({ PATH, HOME: machine.home, ...env }) };
  const ref = { kind: "oci", url: `oci://localhost:${registry.port}/org/mine`, version: "1.0.0" } as const;
  const patience = { ...quick.patience, tries: 1 };
  return await fetchChart(context, { mirrors: {} }, ref, { helm: Promise.resolve(helm), patience });
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
