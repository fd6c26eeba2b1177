import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readTarEntryText } from "../../src/archive/tar.ts";
import { tarGz } from "../sources/archives.ts";
import { createMachine, type Machine } from "../sources/machine.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

async function read(archive: Uint8Array, limit = 1_000_000): Promise<string> {
  const path = join(machine.home, "archive.tar.gz");
  await writeFile(path, archive);
  return readTarEntryText(machine.host, path, {
    matches: (name) => name === "a/wanted",
    what: "a/wanted",
    limit,
  });
}

test("gives the wanted file, whatever lies before it", async () => {
  const content = "x".repeat(100_001);
  const archive = tarGz(
    { name: "a/", type: "5" },
    { name: "a/big", content: "y".repeat(70_000) },
    { name: "./a/wanted", content },
    { name: "a/wanted", content: "second" },
  );
  expect(await read(archive)).toBe(content);
});

test("reads what tar(1) writes", async () => {
  const { host, home } = machine;
  await host.exec([
    "sh",
    "-c",
    `mkdir ${home}/a && echo hello > ${home}/a/wanted && tar -C ${home} -czf ${home}/t a`,
  ]);
  const wish = { matches: (name: string) => name === "a/wanted", what: "a/wanted", limit: 100_000 };
  expect(await readTarEntryText(host, join(home, "t"), wish)).toBe("hello\n");
});

test("stops at the limit: a small archive can hold a lot", async () => {
  const bomb = tarGz(
    { name: "a/zeros", content: "\0".repeat(5_000_000) },
    { name: "a/wanted", content: "x" },
  );
  expect(bomb.length).toBeLessThan(10_000);
  await expect(read(bomb)).rejects.toThrow(/more than 1000000 bytes unpacked/);
});

test("an archive that was cut off is an error", async () => {
  const archive = tarGz({ name: "a/wanted", content: Array.from({ length: 9_000 }, Math.random).join() });
  await expect(read(archive.subarray(0, archive.length / 2))).rejects.toThrow(/not a whole .tar.gz/);
});
