import { defineConfig } from "vitest/config";
import { sortUnitTests } from "./test/suites.ts";

const { pure, local, slow } = sortUnitTests();

/** Unit tests with real servers, processes and times. */
const localSuite = (name: string, include: string[], groupOrder: number) => ({
  test: {
    name,
    include,
    globalSetup: ["test/support/bundle-folder.ts"],
    pool: "forks" as const,
    // Twice the cores of a small runner: most of these tests wait for a server, a process or a deadline.
    maxWorkers: 4,
    // Some start dozens of processes at once, beside those of the other workers.
    testTimeout: 60_000,
    sequence: { groupOrder },
  },
});

/** A suite of test/NAME with a real cluster in the lab's machine: one kubelet at a time on a host, so one file at a time. */
const labSuite = (name: string, hookTimeout = 180_000) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout,
    sequence: { groupOrder: 3 },
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          // Functions of values: no ports, processes or waiting, so all files share one world on each core.
          name: "pure",
          include: pure,
          setupFiles: ["test/support/keep-pure.ts"],
          pool: "threads",
          isolate: false,
          maxWorkers: "100%",
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      localSuite("local", local, 1),
      // Those with much data, each for a minute.
      localSuite("slow", slow, 2),
      // What `npm test` has of the real cluster, one of each kind.
      labSuite("smoke"),
      // All else that is there once.
      labSuite("e2e", 120_000),
      // Combinations, matrices and repeats.
      labSuite("long"),
      // Each of the ways to break a stack.
      labSuite("faults"),
      // Good runs one after the other: none may raise an alarm.
      labSuite("soak"),
    ],
  },
});
