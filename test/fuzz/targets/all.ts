import type { Target } from "../fuzz.ts";
import { archives } from "./archives.ts";
import { journals, names, posts } from "./host.ts";
import { logs } from "./logs.ts";
import { dashboards, locks, ruleFiles } from "./texts.ts";

/** Everything that is fuzzed: a new target is a line here. */
export const targets: readonly Target[] = [
  journals,
  names,
  posts,
  logs,
  archives,
  locks,
  dashboards,
  ruleFiles,
];
