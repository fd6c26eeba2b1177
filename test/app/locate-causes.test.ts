import { expect, test } from "vitest";
import { locateCauses, locateUnknownValues } from "../../src/app/locate-causes.ts";
import type { Cause } from "../../src/diagnose/rule.ts";
import { inFolder } from "../config/in-folder.ts";

const files = {
  "monstack.yaml": "apps:\n  grafana:\n    values: [v.yaml]\n",
  "v.yaml": "image:\n  tag: nope\npersistence:\n  storageClass: fast\n",
};

function cause(blame: Cause["blame"]): Cause {
  return { id: "x", what: "w", how: [], fix: "m", sureness: "certain", explains: [], blame };
}

test("a cause gets the line that it comes from, when one is to blame and there is one", async () => {
  await using folder = await inFolder(files);
  const loaded = await folder.load();
  const causes = [
    cause({ app: "grafana", keys: ["image.tag"], values: [] }),
    cause({ app: "grafana", keys: ["nothing"], values: [] }),
    cause(undefined),
  ];
  const bare = { id: "x", what: "w", how: [], fix: "m", sureness: "certain", explains: [] };
  expect(locateCauses(loaded, causes)).toStrictEqual([
    { ...bare, at: { file: "v.yaml", line: 2, column: 3 } },
    bare,
    bare,
  ]);
});

test("keys without effect are found where they stand", async () => {
  await using folder = await inFolder(files);
  const value = { app: "grafana", path: ["persistence", "storageClass"], meant: undefined };
  expect(locateUnknownValues(await folder.load(), [value])).toEqual([
    { value, at: { file: "v.yaml", line: 4, column: 3 } },
  ]);
});
