import { imageWords } from "./image-words.ts";
import { placeWords } from "./place-words.ts";
import { programWords } from "./program-words.ts";
import { storageWords } from "./storage-words.ts";
import type { WorkloadWords } from "./words.ts";

/** The first that fits a trouble counts. */
export const workloadWords: readonly WorkloadWords[] = [
  ...imageWords,
  ...programWords,
  ...storageWords,
  ...placeWords,
];
