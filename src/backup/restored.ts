/** What became of the things of one kind, each by its name. */
export interface Restored {
  readonly created: string[];
  readonly replaced: string[];
  /** With the reason. */
  readonly skipped: string[];
  /** With what was said. */
  readonly failed: string[];
}

export function nothingYet(): Restored {
  return { created: [], replaced: [], skipped: [], failed: [] };
}
