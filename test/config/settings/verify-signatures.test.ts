import { expect, test } from "vitest";
import { inFolder } from "../in-folder.ts";

test.each([
  ["true", true],
  ["false", false],
  ["required", "required"],
])("verify-signatures: %s, in a file, an input and a flag", async (text, expected) => {
  await using file = await inFolder({ "monstack.yaml": `verify-signatures: ${text}\n` });
  await using empty = await inFolder({});
  const read = async (folder: typeof file, sources = {}) =>
    (await folder.load(sources)).config.verifySignatures;
  expect(await read(file)).toBe(expected);
  expect(await read(empty, { inputs: { "verify-signatures": text } })).toBe(expected);
  expect(await read(empty, { flags: { "verify-signatures": text } })).toBe(expected);
});

test.each(["Required", "yes please", "requires"])("verify-signatures: %j is refused", async (text) => {
  await using folder = await inFolder({ "monstack.yaml": `verify-signatures: ${text}\n` });
  expect(await folder.mistake()).toContain(
    `1:20: verify-signatures: "${text}" is not a way to check signatures; expected true, false or required`,
  );
});
