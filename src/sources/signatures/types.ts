import type { Signature } from "../../lockfile/tools.ts";
import type { Web } from "../web/http.ts";

/** What a check found; `isUnpublished`: its publisher says that there is no signature, and a mirror can't have dropped it. */
export type Finding = Signature & { readonly isUnpublished?: true };

/** A download that is to be checked. */
export interface Signed {
  readonly web: Web;
  /** As it is published, e.g. `v4.2.3`. */
  readonly version: string;
  /** Where it came from, before mirrors. */
  readonly url: string;
  /** The bytes as they came; absolute. */
  readonly path: string;
}
