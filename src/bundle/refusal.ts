import { UserError } from "../lib/errors.ts";

/** Why a file can't be taken for a bundle: the file that was named is wrong, as a configuration can be. */
export function refusal(
  file: string,
  why: string,
  options: { fix?: string; cause?: unknown } = {},
): UserError {
  const fix = "copy it again from where it came, or make another one: `monstack bundle create`";
  return new UserError(`${file} is not a whole bundle: ${why}`, { fix, ...options });
}
