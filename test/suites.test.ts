import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { labSuites, listTests, sortUnitTests } from "./suites.ts";

const read = (path: string) => readFileSync(resolve(import.meta.dirname, "..", path), "utf8");

it("every test file belongs to one suite", () => {
  const { pure, local, slow } = sortUnitTests();
  const inLab = labSuites.flatMap((suite) => listTests().filter((file) => file.startsWith(`test/${suite}/`)));
  expect([...pure, ...local, ...slow, ...inLab].toSorted()).toEqual(listTests());
  expect(pure).toContain("test/suites.test.ts");
  expect(local).toContain("test/host/create.test.ts");
});

it("every suite is run by one command", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const commands = [read("scripts/test.sh"), read("scripts/test-e2e.sh"), scripts["test:long"]];
  commands.push(scripts["test:faults"], scripts["test:soak"]);
  const run = commands.flatMap((command = "") => {
    const named = command.match(/(?<=vitest_projects ).*|(?<=--project )\w+/g) ?? [];
    return named.flatMap((names) => names.split(" "));
  });
  expect(run.toSorted()).toEqual(["pure", "local", "slow", ...labSuites].toSorted());
});
