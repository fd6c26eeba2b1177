import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = import.meta.dirname;

/** The folders whose tests need the lab: each is a suite with a project of its own in vitest.config.ts. */
export const labSuites = ["smoke", "e2e", "long", "faults", "soak"] as const;

/**
 * What makes a unit test local: it opens ports, starts processes or threads, waits for time to pass, or changes what the
 * tests of other files share. Its own text decides, and that of the helpers below test/ that it imports.
 */
const localMarks: readonly RegExp[] = [
  /"node:(child_process|dgram|http|http2|https|net|timers|timers\/promises|tls|worker_threads)"/,
  /\bcreateHost\b/,
  /\/check-regexes\.ts"/, // its library starts threads
  /\bset(Timeout|Interval)\(/,
  /\bvi\.(use|spyOn|stub|mock)/,
  /\bprocess\.(chdir|umask|kill|on|once)\(/,
  /\bprocess\.(env(\.\w+|\["\w+"\])|exitCode) = |delete process\.env/,
];

/** Returns the paths, from the folder of the project, of all test files. */
export function listTests(): string[] {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `test/${file}`)
    .toSorted();
}

/** Returns the unit tests: those that need nothing of the machine, those that do, and by their name those that take long. */
export function sortUnitTests(): Record<"pure" | "local" | "slow", string[]> {
  const units = listTests().filter((file) => !labSuites.some((suite) => file.startsWith(`test/${suite}/`)));
  const suiteOf = (file: string) => {
    if (file.endsWith(".slow.test.ts")) return "slow";
    return isMarked(resolve(root, "..", file), new Set()) ? "local" : "pure";
  };
  return { pure: [], local: [], slow: [], ...Object.groupBy(units, suiteOf) };
}

function isMarked(file: string, visited: Set<string>): boolean {
  if (visited.has(file)) return false;
  visited.add(file);
  const text = readFileSync(file, "utf8");
  if (localMarks.some((mark) => mark.test(text))) return true;
  const imported = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"(\.[^"]+\.ts)"/g)];
  return imported
    .map(([, specifier = ""]) => resolve(dirname(file), specifier))
    .some((path) => path.startsWith(join(root, "/")) && isMarked(path, visited));
}
