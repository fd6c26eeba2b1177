import * as core from "@actions/core";
import { UserError } from "../lib/errors.ts";

/** What the job publishes of a report, besides its files. */
export interface PublishInputs {
  /** When the page is uploaded as an artifact. */
  readonly uploadReport: "true" | "false" | "on-failure";
  /** Whether the results become a comment on the pull request. */
  readonly comment: boolean;
  /** The token that the comment is written with. */
  readonly token: string;
}

/**
 * Returns the inputs that decide what is published of a report.
 * @throws UserError with the input and its accepted values
 */
export function readPublishInputs(): PublishInputs {
  return {
    uploadReport: readChoice("upload-report", ["on-failure", "true", "false"]),
    comment: readChoice("comment", ["false", "true"]) === "true",
    token: core.getInput("token"),
  };
}

/** Returns the value of an input that has few values; the first one is the default. */
function readChoice<const T extends string>(name: string, values: readonly [T, ...T[]]): T {
  const given = core.getInput(name) || values[0];
  const value = values.find((candidate) => candidate === given);
  if (value !== undefined) return value;
  throw new UserError(
    `input ${name}: \`${given}\` is not a value of it; expected one of: ${values.join(", ")}`,
  );
}

/** Saves that the main step uploaded the page, so that the post step does not upload it again without a reason. */
export function saveUploaded(): void {
  core.saveState("uploaded", "true");
}

export function hasUploaded(): boolean {
  return core.getState("uploaded") === "true";
}
