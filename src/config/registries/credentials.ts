import { ownValue } from "../../lib/object.ts";
import { shown } from "../../yaml/mistakes.ts";
import type { Base, Parsed, Problem } from "../../yaml/parsers.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * A user name and a password; undefined where neither is given. A password is named, never written down:
 * `${CHARTS_PASSWORD}` is taken from the environment.
 * @param whose what it is for, in messages: `repository`
 */
export function credentials(
  given: { readonly username: unknown; readonly password: unknown },
  base: Base,
  whose: string,
): Parsed<Credentials | undefined> {
  const user =
    given.username === undefined ? undefined : fromEnvironment("username", given.username, base, true, whose);
  const secret =
    given.password === undefined
      ? undefined
      : fromEnvironment("password", given.password, base, false, whose);
  const problems = [user, secret].filter((one): one is Problem => one !== undefined && "text" in one);
  if ((user === undefined) !== (secret === undefined))
    problems.push({ at: [], text: "username and password belong together: one of them is missing" });
  if (problems.length > 0) return { problems };
  const isWhole = user && secret && "value" in user && "value" in secret;
  return { value: isWhole ? { username: user.value, password: secret.value } : undefined };
}

function fromEnvironment(
  key: string,
  given: unknown,
  { env, limits }: Base,
  mayBeWritten: boolean,
  whose: string,
): { value: string } | Problem {
  const name = typeof given === "string" ? /^\$\{([A-Za-z_]\w*)\}$/.exec(given.trim())?.[1] : undefined;
  if (name === undefined) {
    if (mayBeWritten && typeof given === "string" && given.trim() !== "") return { value: given.trim() };
    const what = mayBeWritten ? shown(given) : "what is there (not shown)";
    return {
      at: [key],
      text: `${what} is not a ${key}; right would be \${NAME}, taken from the environment`,
    };
  }
  const refusal = limits?.refusesVariable(name);
  if (refusal !== undefined) return { at: [key], text: refusal };
  if (env === undefined) return { value: "" };
  const value = ownValue(env, name);
  if (value === undefined || value === "")
    return { at: [key], text: `the environment has no ${name}; set it to the ${whose}'s ${key}` };
  return { value };
}
