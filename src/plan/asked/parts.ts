import type { AskedPart } from "./asked.ts";

/** Every setting that changes values or brings apps along, in the order in which they are laid over the user's values. */
export const askedParts: readonly AskedPart[] = [];
