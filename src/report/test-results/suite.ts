import type { Place } from "../results-schema.ts";

/** A run's results in the terms of test tools, from which JUnit's XML and TAP are rendered. */
export interface TestSuite {
  /** Unique in the run. */
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly cases: readonly TestCase[];
}

export interface TestCase {
  /** Unique in its suite. */
  readonly name: string;
  readonly seconds: number;
  readonly outcome: Outcome;
  /** The place in the user's files that decides it; the file is relative to the repository. */
  readonly place: Place | undefined;
}

type Outcome =
  /** `output`: what a reader should know although it passed, such as a warning. */
  | { readonly kind: "passed"; readonly output?: string | undefined }
  | { readonly kind: "skipped"; readonly reason: string }
  /** `error`: the case could not be judged. */
  | { readonly kind: "failed" | "error"; readonly failure: Failure };

interface Failure {
  /** Id of the cause, the fault or the check. */
  readonly type: string;
  readonly message: string;
  readonly details: readonly string[];
}

/** Returns how many cases of the suites have an outcome. */
export function countOutcomes(suites: readonly TestSuite[], kind: Outcome["kind"]): number {
  return suites.flatMap(({ cases }) => cases).filter(({ outcome }) => outcome.kind === kind).length;
}

/** Returns the items with a number after each name that occurred before: tools identify a case by its name. */
export function makeNamesUnique<T extends { readonly name: string }>(items: readonly T[]): T[] {
  const taken = new Set<string>();
  return items.map((item) => {
    let name = item.name;
    for (let count = 2; taken.has(name); count++) name = `${item.name} #${count}`;
    taken.add(name);
    return { ...item, name };
  });
}
