import { UserError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { FlagValues } from "./rbac-flags.ts";

const actions = ["create", "inspect", "verify"] as const;

/** What is to be done with which file, as it was written. */
export interface BundleFlags {
  readonly action: (typeof actions)[number];
  readonly file: string;
  /** Of `inspect`: the manifest itself. */
  readonly json: boolean;
}

/**
 * @param operands what stands behind the command
 * @returns undefined with another command, and when only help is wanted
 * @throws UserError naming the word that is wrong and what would be right
 */
export function bundleOf(
  values: FlagValues,
  command: string | undefined,
  operands: readonly string[],
): BundleFlags | undefined {
  const json = values["json"] === true;
  const [word, operand, extra] = operands;
  const action = actions.find((name) => name === word);
  if (json && command === "bundle" && action !== undefined && action !== "inspect")
    throw new UserError("--json belongs to `bundle inspect` and `cache`");
  if (command !== "bundle" || values["help"] === true) return undefined;
  if (word === undefined)
    throw new UserError("bundle needs to be told what to do: create, inspect or verify");
  if (action === undefined)
    throw new UserError(`bundle: \`${word}\` is nothing that it does; ${didYouMean(word, actions)}`);
  if (extra !== undefined) throw new UserError(`unexpected argument \`${extra}\` after \`${operand}\``);
  if (action !== "create" && values["output"] !== undefined)
    throw new UserError("--output belongs to `backup` and `bundle create`");
  if (action === "create") return { action, file: created(values, operand), json };
  if (operand === undefined)
    throw new UserError(`bundle ${action} needs the bundle: monstack bundle ${action} FILE`);
  return { action, file: operand, json };
}

function created(values: FlagValues, operand: string | undefined): string {
  const output = values["output"];
  if (operand !== undefined)
    throw new UserError(`unexpected argument \`${operand}\` after \`create\`; right would be -o ${operand}`);
  if (typeof output !== "string")
    throw new UserError("bundle create needs the file to write: monstack bundle create -o FILE");
  return output;
}
