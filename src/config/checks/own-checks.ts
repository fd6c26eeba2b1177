import * as z from "zod";
import { type Context, duration, namedListOf, oneOf, refuse, text } from "../../yaml/primitives.ts";
import { type HttpCheck, httpCheck } from "./http.ts";
import { expectation, expression, type PromqlCheck, readRange } from "./promql.ts";
import { type ResourceCheck, resource } from "./resource.ts";

/** A check of the user's own, from `checks:` in the file. */
export interface OwnCheck {
  /** Shown as the check `own/NAME`. */
  readonly name: string;
  readonly title: string | undefined;
  readonly severity: "error" | "warning";
  /** Milliseconds within which it must hold; undefined: as long as the other checks have. */
  readonly withinMs: number | undefined;
  /** How to fix it, in the user's words. */
  readonly hint: string | undefined;
  readonly what: PromqlCheck | HttpCheck | ResourceCheck;
}

/** The whole of `checks:`. */
export function ownChecks(context: Context) {
  const fields = z.strictObject({
    name: text("a check's name (lower-case letters, digits and -)", /^[a-z0-9]+(-[a-z0-9]+)*$/),
    title: text("a title").optional(),
    severity: oneOf("a severity", ["error", "warning"]).optional(),
    within: duration.optional(),
    hint: text("a hint").optional(),
    promql: expression.optional(),
    expect: expectation.optional(),
    over: duration.optional(),
    step: duration.optional(),
    http: httpCheck(context).optional(),
    resource: resource.optional(),
  });
  const check = fields.transform((given, issues): OwnCheck => {
    const { name, title, severity = "error", within: withinMs, hint } = given;
    return { name, title, severity, withinMs, hint, what: readKind(given, issues) };
  });
  return namedListOf(check, "a list of checks");
}

interface KindFields {
  readonly promql?: string | undefined;
  readonly http?: HttpCheck | undefined;
  readonly resource?: ResourceCheck | undefined;
  readonly expect?: PromqlCheck["expect"] | undefined;
  readonly over?: number | undefined;
  readonly step?: number | undefined;
}

function readKind(given: KindFields, issues: z.RefinementCtx): OwnCheck["what"] {
  const { promql, http, resource } = given;
  const there = (["promql", "http", "resource"] as const).filter((kind) => given[kind] !== undefined);
  if (there.length !== 1) {
    const found = there.length === 0 ? "nothing to check" : `both ${there.join(" and ")}`;
    return refuse(issues, `${found}; expected one of: promql, http, resource`);
  }
  if (promql !== undefined) {
    const over = readRange(given.over, given.step);
    if (typeof over === "string") return refuse(issues, over, ["step"]);
    return { kind: "promql", expression: promql, over, expect: given.expect ?? expectation.parse({}) };
  }
  const stray = (["expect", "over", "step"] as const).find((key) => given[key] !== undefined);
  if (stray !== undefined)
    return refuse(issues, "only promql has this key; an http or resource check has its expectations inside", [
      stray,
    ]);
  return (http ?? resource) as HttpCheck | ResourceCheck;
}
