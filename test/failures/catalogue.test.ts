import { expect, test } from "vitest";
import { allRules } from "../../src/diagnose/catalogue.ts";
import { allFailures, findAliases } from "../../src/failures/catalogue.ts";

const repeatsIn = (ids: readonly string[]) => ids.filter((id, index) => ids.indexOf(id) !== index);

test("no id of a failure is defined twice, and no former id is another failure's", () => {
  const ofFailures = allFailures.flatMap(({ id, aliases = [] }) => [id, ...aliases]);
  const ofRules = allRules.flatMap(({ id, aliases = [] }) => [id, ...aliases]);
  expect(repeatsIn(ofFailures)).toEqual([]);
  expect(repeatsIn(ofRules)).toEqual([]);
});

test("an id of the catalogue is that of a cause, with the same title, layer and former ids", () => {
  const ofRules = new Map(allRules.map(({ id, title, layer, aliases }) => [id, { title, layer, aliases }]));
  for (const { id, title, layer, aliases } of allFailures)
    expect([id, ofRules.get(id)]).toEqual([id, { title, layer, aliases }]);
});

test("a former id is known for its failure", () => {
  expect(findAliases("target-not-found")).toEqual(["target-404"]);
  expect(findAliases("target-404")).toBeUndefined();
});
