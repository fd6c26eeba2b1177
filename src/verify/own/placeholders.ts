import { ownValue } from "../../lib/own.ts";
/** A text with the environment's values in it, which of them were put in, and which were not there. */
export interface Filled {
  readonly text: string;
  readonly secrets: readonly string[];
  readonly missing: readonly string[];
}

/** Puts the environment's values in for `${NAME}`; `$${NAME}` is a plain `${NAME}`. An empty variable counts as missing. */
export function fillIn(text: string, env: Readonly<Record<string, string | undefined>>): Filled {
  const secrets: string[] = [];
  const missing: string[] = [];
  const filled = text.replaceAll(/\$(\$?)\{([A-Za-z_]\w*)\}/g, (whole, dollar: string, name: string) => {
    if (dollar !== "") return whole.slice(1);
    // What is pasted into a secret often ends with a line break, which no header takes.
    const value = ownValue(env, name)?.trim() ?? "";
    (value === "" ? missing : secrets).push(value === "" ? name : value);
    return value;
  });
  return { text: filled, secrets, missing };
}
