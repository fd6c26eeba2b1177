import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { endpointUrl } from "../../src/alerting/endpoints.ts";
import { encodeUrlPart } from "../../src/lib/url-part.ts";

it("half of a surrogate pair in a name is no crash", () => {
  expect(encodeUrlPart("a/b\ud83e")).toBe("a%2Fb%EF%BF%BD");
  const at = { host: "127.0.0.1", httpPort: 1, smtpPort: 2, token: "t" };
  const endpoint = { receiver: JSON.parse('"\\ud800"'), integration: "slack", index: 0 };
  expect(endpointUrl(at, endpoint)).toMatch(/%EF%BF%BD\/slack\/0$/);
});

it("nothing else encodes parts of URLs", () => {
  const root = join(import.meta.dirname, "../../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const found = files.filter((file) =>
    readFileSync(join(root, file), "utf8").includes("encodeURIComponent("),
  );
  expect(found.sort()).toEqual(["lib/redact/forms.ts", "lib/url-part.ts"]);
});
