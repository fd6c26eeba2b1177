import { execFileSync } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { getImagesFolder } from "../../../src/sources/images/archive.ts";
import type { SourcesOptions } from "../../../src/sources/web/web.ts";
import { createMachine, fetchImage, type Machine, quick } from "../machine.ts";
import { type LocalRegistry, localRegistry } from "./local-registry.ts";
import type { TestImage } from "./test-image.ts";

/** A busy machine stands still for longer than the quick retry policy allows. */
export const patient = { retryPolicy: { ...quick.retryPolicy, stallMs: 5_000 } };

/** For each test of the file that calls it: an empty machine, an empty registry, and how images get from one to the other. */
export function fetching() {
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
  return {
    machine: () => machine,
    registry: () => registry,
    fetch: (image: TestImage, options: SourcesOptions = patient) =>
      fetchImage(machine.context, { mirrors: {} }, image, options),
    /** The message of what was thrown, the server's address as HOST. */
    said: async (promise: Promise<unknown>): Promise<string> => {
      const error = (await promise.then(
        () => new Error("no error"),
        (thrown: unknown) => thrown,
      )) as Error & { fix?: string };
      return `${error.message}; ${error.fix}`.replaceAll(registry.host, "HOST");
    },
    /** Waits, for 5 s at most, until a file in the cache of images, or on its way there, has so many bytes. */
    hasRead: async (bytes: number): Promise<void> => {
      const folder = dirname(getImagesFolder(machine.host));
      for (let waits = 0; waits < 250; waits += 1) {
        const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
        const files = entries.filter((entry) => entry.isFile());
        const sizes = await Promise.all(
          files.map(({ parentPath, name }) =>
            stat(join(parentPath, name)).then(
              ({ size }) => size,
              () => 0,
            ),
          ),
        );
        if (sizes.includes(bytes)) return;
        await machine.host.sleep(20);
      }
    },
    /** Every file in the cache of images. */
    kept: async (): Promise<string[]> => {
      const folder = getImagesFolder(machine.host);
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
  };
}

/** Texts by their names. */
export function inTar(path: string): Map<string, string> {
  const names = execFileSync("tar", ["-tf", path], { encoding: "utf8" }).trim().split("\n");
  return new Map(
    names.map((name) => [name, execFileSync("tar", ["-xOf", path, name], { encoding: "utf8" })]),
  );
}

/** Where an archive has it. */
export const blob = (digest: string) => `blobs/${digest.replace(":", "/")}`;
