export type Path = readonly (string | number)[];

/** A part of some data that a schema refuses. */
export interface SchemaProblem {
  /** Of the data. It can end in a key that isn't there in the schema: then `on` is `key`. */
  readonly path: Path;
  /** What is at fault: the key that the path ends with, or the value there. */
  readonly on: "key" | "value";
  readonly problem: string;
  /** Of an unknown key: the known one that was probably meant. */
  readonly meant?: string;
}

/** Judges data. Nothing is fetched for it: whatever a schema refers to elsewhere allows everything. */
export type Validate = (data: unknown) => readonly SchemaProblem[];
