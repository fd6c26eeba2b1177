import { expect, test } from "vitest";
import { lastWords } from "../../src/deploy/crash-log.ts";
import { shorten } from "../../src/lib/shorten.ts";

test("a long message keeps its begin and its end", () => {
  const short = shorten(`begin ${"x".repeat(500)} the reason`, 100);
  expect(short).toHaveLength(100);
  expect(short).toMatch(/^begin x+ \[\.\.\.\] x+ the reason$/);
  expect(shorten("whole", 5)).toBe("whole");
});

test("the last words of a crashed program keep the reason, which comes last", () => {
  const line = `level=ERROR msg="Error loading config" file=${"/a".repeat(600)} err="parse error: must use BOOL modifier"`;
  expect(lastWords(`started\n${line}\n`)).toMatch(
    /^level=ERROR msg="Error loading.* must use BOOL modifier"$/,
  );
});
