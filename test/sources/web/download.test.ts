import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { downloadVerified } from "../../../src/sources/web/download.ts";
import { createWeb } from "../../../src/sources/web/web.ts";
import { serve } from "../../support/local-server.ts";
import { createMachine, quick } from "../machine.ts";

test("of bytes with another checksum nothing is kept, and the message names both", async () => {
  await using machine = await createMachine();
  await using server = await serve(() => ({ body: "other bytes" }));
  const web = createWeb(machine.context, { mirrors: {} }, quick);
  const path = join(machine.home, "got");
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const get = (expected: string) =>
    downloadVerified(web, `${server.url}/tool-v1.tgz`, path, {
      sha256: sha256(expected),
      from: "the sums file",
    });
  await expect(get("bytes")).rejects.toThrow(
    `wrong checksum of tool-v1.tgz: expected sha256 ${sha256("bytes")} (the sums file), got ${sha256("other bytes")}`,
  );
  expect(existsSync(path)).toBe(false);
  expect((await get("other bytes")).bytes).toBe("other bytes".length);
  expect(existsSync(path)).toBe(true);
});
