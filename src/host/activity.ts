/** Work in progress, as a terminal shows it. Its functions are called for each redraw. */
export type Activity =
  | {
      readonly kind: "phase";
      readonly name: string;
      /** The id of the phase's span: what is awaited within it stands below it. */
      readonly span: number | undefined;
      /** Milliseconds since the epoch. */
      readonly startedMs: number;
    }
  | {
      readonly kind: "wait";
      readonly span: number | undefined;
      /** Returns what is missing, one line each; none if nothing is awaited now. */
      readonly listMissing: () => readonly string[];
    }
  | {
      readonly kind: "download";
      readonly name: string;
      /** Milliseconds since the epoch. */
      readonly startedMs: number;
      /** Returns the received bytes. */
      readonly countBytes: () => number;
      /** Returns the bytes of the whole file, if known. */
      readonly countTotal: () => number | undefined;
    };

/** The part of a terminal that is redrawn while work goes on. */
export interface LiveView {
  /** Shows an activity until the returned function is called. */
  begin(activity: Activity): () => void;
}

/** What happens in a run, for a program that reads it: one JSON object per line with `--output ndjson`. */
export type RunEvent =
  | { readonly event: "phase-started"; readonly at: string; readonly phase: string }
  | {
      readonly event: "phase-ended";
      readonly at: string;
      readonly phase: string;
      readonly seconds: number;
      /** True if the phase ended with an error. */
      readonly failed: boolean;
    }
  | {
      readonly event: "check";
      readonly at: string;
      readonly id: string;
      readonly title: string;
      readonly severity: string;
      /** pass, fail, warn, error or skipped. */
      readonly status: string;
      /** What was seen, and for a failure what was expected. */
      readonly text: string;
    }
  | {
      readonly event: "cause";
      readonly at: string;
      readonly id: string;
      /** certain, likely or possible. */
      readonly sureness: string;
      readonly what: string;
      readonly how: readonly string[];
      readonly fix: string;
      /** The place in the user's files: `monstack.yaml:3:5`. */
      readonly where?: string;
    }
  | {
      readonly event: "verdict";
      readonly at: string;
      readonly mode: string;
      readonly verified: boolean;
      readonly exitCode: number;
      readonly text: string;
      /** Absolute path of the report's folder. */
      readonly report: string;
    };
