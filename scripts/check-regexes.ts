import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { check } from "recheck";
import { parseAst } from "rolldown/parseAst";

/** A regular expression literal in the source. */
export interface Literal {
  readonly pattern: string;
  readonly flags: string;
  /** `src/x.ts:12` */
  readonly at: string;
}

/** What is wrong with a literal, or with a place that makes a regular expression while it runs. */
export interface Complaint {
  readonly at: string;
  readonly problem: string;
}

interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly regex?: { readonly pattern: string; readonly flags: string };
  readonly callee?: { readonly name?: string };
}

/** Files that may make others, with the reason that makes them safe. */
const makers: Readonly<Record<string, string>> = {
  "src/lib/redact/secrets.ts": "alternatives of texts as they are, without a quantifier",
};

/** All regular expression literals of a file, and where it makes others while it runs: those can't be judged. */
export function regexesIn(file: string, source: string): { literals: Literal[]; made: Complaint[] } {
  const literals: Literal[] = [];
  const made: Complaint[] = [];
  const visit = (node: AstNode): void => {
    const at = `${file}:${source.slice(0, node.start).split("\n").length}`;
    if (node.regex !== undefined) literals.push({ ...node.regex, at });
    const makes = node.type === "NewExpression" || node.type === "CallExpression";
    if (makes && node.callee?.name === "RegExp" && !Object.hasOwn(makers, file))
      made.push({ at, problem: "makes a regular expression: use a literal, or lib/pattern.ts for others'" });
  };
  walk(parseAst(source, { lang: "ts" }, file), visit);
  return { literals, made };
}

function walk(value: unknown, visit: (node: AstNode) => void): void {
  if (typeof value !== "object" || value === null || value instanceof RegExp) return;
  if (Array.isArray(value)) {
    for (const one of value) walk(one, visit);
    return;
  }
  if ("type" in value && typeof value.type === "string") visit(value as AstNode);
  for (const inner of Object.values(value)) walk(inner, visit);
}

/**
 * A repetition with a bound counts as bounded, however large the bound: linear in the input is what is wanted. The time
 * is for a machine that does other things too.
 */
const parameters = { timeout: 60_000, maxRepeatCount: 5_000, maxPatternSize: 3_000 };

/** Undefined for one that needs time in proportion to its input at most. */
export async function judge({ pattern, flags }: Omit<Literal, "at">): Promise<string | undefined> {
  const found = await check(pattern, flags, parameters);
  if (found.status === "safe") return undefined;
  if (found.status === "unknown") return `can't be judged (${found.error.kind}): write it in a simpler way`;
  return `needs time that is a ${found.complexity.summary} of its input's length, e.g. ${found.attack.pattern}`;
}

/** Judgements of earlier calls, also in other clones: all of them together take minutes. */
const cacheHome = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
const cacheFile = join(cacheHome, "monstack-lab", "regexes.json");

function readCache(): Map<string, string | null> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(cacheFile, "utf8"))));
  } catch {
    return new Map();
  }
}

async function main(): Promise<void> {
  const files = globSync("src/**/*.ts").toSorted();
  const found = files.map((file) => regexesIn(file, readFileSync(file, "utf8")));
  const cache = readCache();
  mkdirSync(dirname(cacheFile), { recursive: true });
  const complaints = found.flatMap(({ made }) => made);
  const literals = found.flatMap((one) => one.literals);
  for (const literal of literals) {
    const key = JSON.stringify([literal.pattern, literal.flags, parameters.maxRepeatCount]);
    const problem = cache.has(key) ? cache.get(key) : await judge(literal);
    // What took too long to judge may be judged where less else runs.
    if (!cache.has(key) && !problem?.includes("(timeout)")) {
      cache.set(key, problem ?? null);
      writeFileSync(cacheFile, JSON.stringify(Object.fromEntries(cache)));
    }
    if (problem)
      complaints.push({ at: literal.at, problem: `/${literal.pattern}/${literal.flags} ${problem}` });
  }
  for (const { at, problem } of complaints) console.log(`${at}: ${problem}`);
  console.log(`${literals.length} regular expressions, ${complaints.length} to fix`);
  process.exit(complaints.length > 0 ? 1 : 0);
}

if (import.meta.main) await main();
