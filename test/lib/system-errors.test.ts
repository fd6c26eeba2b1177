import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { InstallError } from "../../src/lib/errors.ts";
import { explainSystemError } from "../../src/lib/system-errors.ts";

/** Returns an error as Node throws it. */
function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: open '/data/a'`), { code, syscall: "open", path: "/data/a" });
}

test("a refused file operation says which path, why, and what to do", () => {
  const error = explainSystemError(systemError("EACCES"));
  expect(error).toBeInstanceOf(InstallError);
  expect(error).toMatchObject({
    message: "can't use /data/a: this user has no permission (EACCES at open)",
    fix: "correct its permissions or those of the folders above it, or run monstack as the user who owns it",
  });
  expect(explainSystemError(systemError("ENOSPC"))).toMatchObject({ fix: expect.stringContaining("df -i") });
});

test("a genuine error of the file system is recognised", async () => {
  const folder = await mkdtemp(join(tmpdir(), "monstack-system-error-"));
  try {
    const error: unknown = await writeFile(folder, "").catch((thrown: unknown) => thrown);
    expect(explainSystemError(error)).toMatchObject({
      message: `can't use ${folder}: it is a folder, not a file (EISDIR at open)`,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ["a missing file", systemError("ENOENT")],
  ["an error of a connection, which has no path", Object.assign(new Error("a"), { code: "EACCES" })],
  ["a bug", new TypeError("x is undefined")],
  ["a code that only an object's prototype has", systemError("constructor")],
  ["what is no error", "text"],
])("%s stays as it is", (_name, thrown) => {
  expect(explainSystemError(thrown)).toBe(thrown);
});
