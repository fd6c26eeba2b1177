/** What is kept: `leftover` is what a killed run began to write, or what names something that is gone. */
export type EntryKind = "tool" | "chart" | "dashboard" | "image" | "leftover";

/** One thing in the cache that is kept or goes as a whole. */
export interface CacheEntry {
  readonly kind: EntryKind;
  /** `k3s`, `prometheus`, `1860`. */
  readonly name: string;
  /** A version or a digest; empty for leftovers. */
  readonly version: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly lastUsedMs: number;
  /** Absolute; a file or a folder. */
  readonly path: string;
  /** Further files that mean nothing without it. */
  readonly beside: readonly string[];
}

/** Where the kept things lie, absolute. */
export interface CachePlaces {
  /** Shared with others on a runner. */
  readonly tools: string;
  readonly charts: string;
  readonly dashboards: string;
  readonly images: string;
}
