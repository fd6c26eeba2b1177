import type { Layer, Sureness } from "../../failures/failure.ts";
import type { Trouble } from "../troubles.ts";

/** A way for a workload to fail, as `deploy` knows it, in the words of a cause. */
export interface WorkloadWords {
  /** The cause's id. */
  readonly id: string;
  /** Ids of deploy's rules; `match` tells apart what one of them takes together. */
  readonly rules: readonly string[];
  readonly match?: RegExp;
  readonly layer: Layer;
  readonly title: string;
  /** What is wrong with the workload: goes on after its name and a colon. */
  what(trouble: Trouble): string;
  /** Key paths of values where it may come from. */
  readonly keys?: readonly string[];
  /** Values that the user may have written. */
  values?(trouble: Trouble): readonly string[];
  readonly sureness?: Sureness;
  /** It is the same one cause for all workloads that have it. */
  readonly shared?: true;
}
