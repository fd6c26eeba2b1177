import { readdir, readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import type { StoredImage } from "../../src/bundle/stage.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Context } from "../../src/host/host.ts";
import type { Lock } from "../../src/lockfile/lock.ts";
import { type ImageRegistry, startImageRegistry } from "../../src/registry/registry.ts";
import type { Address } from "../../src/registry/server.ts";
import { getImagesFolder } from "../../src/registry/store.ts";
import { computeDigest } from "../../src/sources/images/manifest.ts";
import { openSupply, type Supply } from "../../src/sources/web/web.ts";
import { type LocalRegistry, localRegistry } from "../sources/images/local-registry.ts";
import type { TestImage } from "../sources/images/test-image.ts";
import { createMachine, type Machine, quick } from "../sources/machine.ts";
import { sha256 } from "../sources/upstream.ts";

/** A busy machine stands still for longer than the quick retry policy allows. */
const patient = { ...quick.retryPolicy, stallMs: 5_000 };

type Settings = Partial<Pick<Config, "mirrors" | "registries">> & {
  readonly supply?: Supply;
  readonly whenToolsAreThere?: Promise<unknown>;
};

/** For each test of the file that calls it: an empty machine, an upstream registry, and registries of monstack's between them. */
export function pulling() {
  let machine: Machine;
  let upstream: LocalRegistry;
  let started: ImageRegistry[] = [];
  beforeEach(async () => {
    machine = await createMachine();
    upstream = await localRegistry();
  });
  afterEach(async () => {
    for (const registry of started) await registry.close();
    started = [];
    await upstream[Symbol.asyncDispose]();
    await machine[Symbol.asyncDispose]();
  });
  const start = async ({ mirrors = {}, registries, ...options }: Settings = {}): Promise<ImageRegistry> => {
    const config = { mirrors, ...(registries && { registries }) };
    const registry = await startImageRegistry(machine.context, config, { retryPolicy: patient, ...options });
    started.push(registry);
    return registry;
  };
  return {
    machine: () => machine,
    upstream: () => upstream,
    start,
    /** Fetches images beforehand with a registry of its own, as a run does, and ends it. */
    prefetch: async (images: readonly TestImage[], settings: Settings = {}): Promise<void> => {
      const registry = await start({ supply: lockOf(...images), ...settings });
      await registry.prefetch(images.map(({ image }) => image)).finally(registry.close);
    },
    /** The message of what was thrown, the server's address as HOST. */
    said: async (promise: Promise<unknown>): Promise<string> => {
      const error = (await promise.then(
        () => new Error("no error"),
        (thrown: unknown) => thrown,
      )) as Error & { fix?: string };
      return `${error.message}; ${error.fix}`.replaceAll(upstream.host, "HOST");
    },
    /** Compares each blob in the cache with its name. */
    expectRight: async (): Promise<void> => {
      const folder = getImagesFolder(machine.host);
      const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
      for (const name of names) expect(sha256(await readFile(join(folder, name)))).toBe(name);
    },
    /** The blobs in the cache. */
    kept: async (): Promise<string[]> => {
      const folder = getImagesFolder(machine.host);
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".json"))
        .map(({ name }) => name);
    },
  };
}

/** Fetches images on a machine as a run with a lock does. @returns what they consist of */
export async function fetchStored(
  context: Context,
  images: readonly Pick<TestImage, "image" | "digest">[],
  supply = lockOf(...images),
): Promise<StoredImage[]> {
  const registry = await startImageRegistry(context, { mirrors: {} }, { retryPolicy: patient, supply });
  try {
    await registry.prefetch(images.map(({ image }) => image));
    return images.map(({ image, digest }) => ({ image, digest, blobs: registry.listBlobs(image) }));
  } finally {
    await registry.close();
  }
}

/** A lock that names these images only. */
export function lockOf(...images: readonly Pick<TestImage, "image" | "digest">[]): Supply {
  const lock: Lock = {
    ...{ lockVersion: 1, monstack: "0.0.0", profile: "ci", tools: {}, charts: [], dashboards: [] },
    images: images.map(({ image, digest }) => ({ image, digest })),
  };
  return { ...openSupply, lock, lockedBy: "monstack.lock" };
}

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The connection ended before the body did. */
  readonly isBroken: boolean;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Instead of the registry's own. */
  readonly ca?: string;
  /** Called with the bytes so far. */
  readonly onBytes?: (bytes: number) => void;
}

/** Sends a request to a registry of monstack's, at a path behind its secret, with its certificate as the only authority. */
export async function ask(
  { url, certificate }: Address,
  path: string,
  { method = "GET", headers = {}, ca = certificate, onBytes }: Asking = {},
): Promise<Response> {
  return await new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers, ca, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      let isBroken = false;
      response.on("data", (piece: Buffer) => {
        pieces.push(piece);
        onBytes?.(Buffer.concat(pieces).byteLength);
      });
      response.on("error", () => {
        isBroken = true;
      });
      response.on("close", () =>
        resolve({
          ...{ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) },
          isBroken: isBroken || !response.complete,
        }),
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** Pulls an image as containerd does: resolves its tag, then takes each part by its digest. @returns the parts by digest */
export async function pull(
  address: Address,
  { image, repository, manifest, config, layers }: TestImage,
): Promise<Map<string, Buffer>> {
  const [host = "", tag = ""] = [image.slice(0, image.indexOf("/")), image.slice(image.lastIndexOf(":") + 1)];
  const at = (group: string, reference: string) => `/${repository}/${group}/${reference}?ns=${host}`;
  const resolved = await ask(address, at("manifests", tag), { method: "HEAD" });
  const digest = String(resolved.headers["docker-content-digest"]);
  const paths = [digest, manifest].map((one) => [one, at("manifests", one)] as const);
  const blobs = [config, ...layers].map((one) => [one, at("blobs", one)] as const);
  const parts = new Map<string, Buffer>();
  for (const [wanted, path] of [...paths, ...blobs]) {
    const { status, body, isBroken } = await ask(address, path);
    if (status !== 200 || isBroken || computeDigest(body) !== wanted)
      throw new Error(`${wanted} could not be pulled: ${status}${isBroken ? ", broken off" : ""}`);
    parts.set(wanted, body);
  }
  return parts;
}
