import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

/** The rooms of src/ from the bottom: each imports only from those before it. docs/architecture.md says what is in each. */
const rooms =
  "lib host upstream promql yaml lockfile journal kube alerting config dashboards monitors model schemas rules failures plan archive sources registry stack cluster deploy forward teardown lock verify diagnose report cache bundle backup rbac checklist app cli action".split(
    " ",
  );

const src = resolve(import.meta.dirname, "../src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const roomOf = (file: string) => file.split("/")[0] ?? "";

/** Returns each import of a file of this project, type imports included, as `importer -> imported`. */
function importsOf(file: string): { readonly from: string; readonly to: string }[] {
  const text = readFileSync(join(src, file), "utf8");
  const specifiers = text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"(\.[^"]+)"/g);
  return [...specifiers].map(([, specifier = ""]) => ({
    from: file,
    to: relative(src, resolve(src, dirname(file), specifier)),
  }));
}

test("every folder of src/ is a room with a place in the order", () => {
  expect([...new Set(files.map(roomOf))].toSorted()).toEqual(rooms.toSorted());
});

test("a room imports only from the rooms below it", () => {
  const upward = files
    .flatMap(importsOf)
    .filter(({ from, to }) => rooms.indexOf(roomOf(to)) > rooms.indexOf(roomOf(from)))
    .map(({ from, to }) => `${from} -> ${to}`);
  expect(upward).toEqual([]);
});
