import * as z from "zod";
import { ownValue } from "../../lib/object.ts";
import { mismatch } from "../../yaml/mistakes.ts";
import { type Context, refuse } from "../../yaml/primitives.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Returns the keys of a login. A password is named and never written down: `${CHARTS_PASSWORD}` is taken from the environment.
 * @param whose what the login is for, in messages: `repository`
 */
export function credentialKeys(context: Context, whose: string) {
  return {
    username: credential("username", context, whose).optional(),
    password: credential("password", context, whose).optional(),
  };
}

/** Returns the login in a mapping; undefined where it has none. */
export function readCredentials(
  { username, password }: { readonly username?: string | undefined; readonly password?: string | undefined },
  issues: z.RefinementCtx,
): Credentials | undefined {
  if (username !== undefined && password !== undefined) return { username, password };
  if (username === password) return undefined;
  return refuse(issues, "username and password belong together: one of them is missing");
}

function credential(key: "username" | "password", { env, limits }: Context, whose: string) {
  return z.unknown().transform((given, issues) => {
    const written = typeof given === "string" ? given.trim() : "";
    const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(written)?.[1];
    if (name === undefined) {
      const expected = `$\{NAME}, taken from the environment`;
      if (key === "password") return refuse(issues, `invalid value (not shown): expected ${expected}`);
      return written === "" ? refuse(issues, mismatch(given, "a username", expected)) : written;
    }
    const refusal = limits?.refusesVariable(name);
    if (refusal !== undefined) return refuse(issues, refusal);
    if (env === undefined) return "";
    return (
      ownValue(env, name) || refuse(issues, `the environment has no ${name}; set it to the ${whose}'s ${key}`)
    );
  });
}
