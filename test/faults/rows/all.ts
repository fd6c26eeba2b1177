import type { Fault } from "../fault.ts";
import { admission } from "./admission.ts";
import { configuration } from "./configuration.ts";
import { images } from "./images.ts";
import { scheduling } from "./scheduling.ts";
import { silent } from "./silent.ts";
import { start } from "./start.ts";
import { storage } from "./storage.ts";
import { targets } from "./targets.ts";
import { workloads } from "./workloads.ts";

/** Every way to break the stack before it is there. To add one, add a row to its kind. */
export const allFaults: readonly Fault[] = [
  ...start,
  ...configuration,
  ...images,
  ...workloads,
  ...scheduling,
  ...storage,
  ...admission,
  ...targets,
  ...silent,
];
