import { isMapping } from "../lib/object.ts";
import { draftOf, prepareSchema } from "./draft.ts";
import { explainErrors } from "./explain.ts";
import { isBefore } from "./helm-version.ts";
import type { Validate } from "./types.ts";

/**
 * What refuses data by a JSON schema as helm does (santhosh-tekuri/jsonschema; before 3.18.5 xeipuuv/gojsonschema, which
 * reads the newer drafts as draft-07). Undefined: this is not a schema of a known draft, so only helm can judge by it.
 */
export async function compileSchema(
  schema: unknown,
  { helm }: { readonly helm?: string | undefined } = {},
): Promise<Validate | undefined> {
  if (!isMapping(schema)) return undefined;
  const own = draftOf(schema);
  if (own === undefined) return undefined;
  const draft = own.startsWith("20") && isBefore(helm, [3, 18, 5]) ? "7" : own;
  const { compile } = await import("./ajv.ts");
  try {
    const validate = compile(prepareSchema(schema, draft), draft);
    return (data) => (validate(data) ? [] : explainErrors(validate.errors ?? [], data));
  } catch {
    // helm says what is wrong with it, or takes it.
    return undefined;
  }
}
