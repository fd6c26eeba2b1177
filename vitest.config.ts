import { defineConfig } from "vitest/config";
import { sortUnitTests } from "./test/suites.ts";

const { pure, local } = sortUnitTests();

/** A suite of test/NAME with a real cluster in the lab's machine: one kubelet at a time on a host, so one file at a time. */
const labSuite = (name: string, hookTimeout = 180_000) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout,
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
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          // Real servers, processes and times, which a second worker would disturb.
          name: "local",
          include: local,
          globalSetup: ["test/support/bundle-folder.ts"],
          pool: "forks",
          maxWorkers: 1,
          testTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
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
