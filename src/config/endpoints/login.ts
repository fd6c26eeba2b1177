import { mapping } from "../../yaml/mapping.ts";
import { type Parsed, type Parser, problem, text } from "../../yaml/parsers.ts";

/** How Prometheus logs in somewhere. Secrets are named by the environment variable that holds them. */
export type Login =
  | { readonly kind: "basic"; readonly username: string; readonly passwordEnv: string }
  | { readonly kind: "bearer"; readonly tokenEnv: string };

/** The variable's name goes into messages: what is no name might be the secret itself, and is not shown. */
const variable: Parser<string> = (given, { limits }) => {
  if (typeof given !== "string" || !/^[A-Za-z_]\w*$/.test(given.trim()))
    return problem(
      "what is there (not shown) is not the name of an environment variable, e.g. STORE_PASSWORD",
    );
  const refusal = limits?.refusesVariable(given.trim());
  return refusal === undefined ? { value: given.trim() } : problem(refusal);
};

const basicFields = mapping("a mapping with username and password-env", {
  username: text("a user's name"),
  "password-env": variable,
});

const basic: Parser<Login> = (given, base) => {
  const parsed = basicFields(given, base);
  if ("problems" in parsed) return parsed;
  const { username, "password-env": passwordEnv } = parsed.value;
  if (username === undefined || passwordEnv === undefined)
    return problem("it needs both username and password-env, the environment variable with the password");
  return { value: { kind: "basic", username, passwordEnv } };
};

/** The keys of a login, for a mapping that has one. */
export const loginFields = { "basic-auth": basic, "bearer-token-env": variable };

/** At most one way to log in. */
export function loginOf(given: {
  readonly "basic-auth": Login | undefined;
  readonly "bearer-token-env": string | undefined;
}): Parsed<Login | undefined> {
  const { "basic-auth": basicAuth, "bearer-token-env": tokenEnv } = given;
  if (basicAuth !== undefined && tokenEnv !== undefined)
    return problem("there are both basic-auth and bearer-token-env; right would be one of them");
  return { value: tokenEnv === undefined ? basicAuth : { kind: "bearer", tokenEnv } };
}

/** The environment variable that holds a login's secret. */
export function variableOf(login: Login): string {
  return login.kind === "basic" ? login.passwordEnv : login.tokenEnv;
}
