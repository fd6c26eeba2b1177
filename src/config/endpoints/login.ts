import * as z from "zod";
import { type Context, refuse, text } from "../../yaml/primitives.ts";

/** How Prometheus logs in somewhere. Secrets are named by the environment variable that holds them. */
export type Login =
  | { readonly kind: "basic"; readonly username: string; readonly passwordEnv: string }
  | { readonly kind: "bearer"; readonly tokenEnv: string };

/** The name of a variable. Anything else might be the secret itself, and is not shown. */
function variableName({ limits }: Context) {
  return z.unknown().transform((given, issues) => {
    const name = typeof given === "string" ? given.trim() : "";
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      const problem = given === undefined ? "missing;" : "invalid value (not shown):";
      return refuse(
        issues,
        `${problem} expected the name of an environment variable, for example STORE_PASSWORD`,
      );
    }
    const refusal = limits?.refusesVariable(name);
    return refusal === undefined ? name : refuse(issues, refusal);
  });
}

/** Returns the keys of a login, for a mapping that has one. */
export function loginKeys(context: Context) {
  const variable = variableName(context);
  return {
    "basic-auth": z
      .strictObject({ username: text("a user's name"), "password-env": variable })
      .transform(
        ({ username, ...rest }): Login => ({ kind: "basic", username, passwordEnv: rest["password-env"] }),
      )
      .optional(),
    "bearer-token-env": variable.optional(),
  };
}

/** Returns the login in a mapping, of which it has one at most. */
export function readLogin(
  given: {
    readonly "basic-auth"?: Login | undefined;
    readonly "bearer-token-env"?: string | undefined;
  },
  issues: z.RefinementCtx,
): Login | undefined {
  const { "basic-auth": basicAuth, "bearer-token-env": tokenEnv } = given;
  if (basicAuth !== undefined && tokenEnv !== undefined)
    return refuse(issues, "both basic-auth and bearer-token-env; expected one of them");
  return tokenEnv === undefined ? basicAuth : { kind: "bearer", tokenEnv };
}

/** Returns the environment variable that holds a login's secret. */
export function variableOf(login: Login): string {
  return login.kind === "basic" ? login.passwordEnv : login.tokenEnv;
}
