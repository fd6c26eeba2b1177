import * as z from "zod";
import { describeMismatch } from "../../yaml/mistakes.ts";
import { addRefusal, createRecordSchema, createTextSchema, trueOrFalse } from "../../yaml/primitives.ts";
import { type Comparison, comparisonsByPath, type JsonPath, numberComparison } from "./comparison.ts";

/** Objects of the cluster, and the conditions for them. */
export interface ResourceCheck {
  readonly kind: "resource";
  readonly resource: {
    readonly kind: string;
    /** Undefined: the version that the cluster prefers. */
    readonly apiVersion: string | undefined;
    /** Undefined: all objects that the selector selects. */
    readonly name: string | undefined;
    /** Undefined: the stack's namespace; `*`: all namespaces. Ignored for kinds without namespaces. */
    readonly namespace: string | undefined;
    /** A label selector in the syntax of `kubectl -l`. */
    readonly selector: string | undefined;
  };
  readonly exists: boolean;
  /** The number of objects; undefined for an object with a name. */
  readonly count: Comparison | undefined;
  readonly condition: { readonly type: string; readonly status: string } | undefined;
  readonly fields: readonly { readonly path: JsonPath; readonly comparison: Comparison }[];
}

/** YAML reads True and False as booleans. */
const conditionStatus = z
  .preprocess(
    (given) => (typeof given === "boolean" ? (given ? "True" : "False") : given),
    createTextSchema("a condition's status (True, False or Unknown)", /^(True|False|Unknown)$/),
  )
  .meta({ "x-also": { type: "boolean" } });

/** The schema of a condition: `Available`, or `{type: Available, status: "False"}`. */
const condition = z.union(
  [
    createTextSchema("a condition's type, for example Available").transform((type) => ({
      type,
      status: "True",
    })),
    z
      .strictObject({ type: createTextSchema("a condition's type"), status: conditionStatus.optional() })
      .transform(({ type, status = "True" }) => ({ type, status })),
  ],
  { error: ({ input }) => describeMismatch(input, "a condition's type, or a mapping with type and status") },
);

/** The schema of a label selector: `app=x,tier!=y`, or a mapping, which is joined to `key=value` pairs. */
const selector = z.union(
  [
    createTextSchema("a selector of labels, for example app=my-app"),
    createRecordSchema(
      createTextSchema("a label's name"),
      createTextSchema("a label's value"),
      "labels with their values",
    ).transform((labels) =>
      Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(","),
    ),
  ],
  { error: ({ input }) => describeMismatch(input, "a selector of labels, for example app=my-app") },
);

export const resource = z
  .strictObject({
    kind: createTextSchema("a kind, for example Deployment"),
    apiVersion: createTextSchema("an apiVersion, for example apps/v1", /^([a-z0-9.-]+\/)?v\d\w*$/).optional(),
    name: createTextSchema("an object's name").optional(),
    namespace: createTextSchema(
      "a namespace, or * for all",
      /^(?:\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/,
    ).optional(),
    selector: selector.optional(),
    condition: condition.optional(),
    field: comparisonsByPath.optional(),
    exists: trueOrFalse.optional(),
    count: numberComparison.optional(),
  })
  .transform((given, issues): ResourceCheck => {
    const { kind, apiVersion, name, namespace, selector, exists = true, count, condition, field } = given;
    if (name !== undefined && (selector ?? count) !== undefined)
      return addRefusal(
        issues,
        "only one object has this name; expected a selector or a count without name",
        ["name"],
      );
    if (name !== undefined && namespace === "*")
      return addRefusal(issues, "a name is looked up in one namespace", ["namespace"]);
    if (!exists && (condition ?? field ?? count) !== undefined)
      return addRefusal(issues, "an object that must not exist has no condition, field or count", ["exists"]);
    const fields = field ?? [];
    return {
      kind: "resource",
      resource: { kind, apiVersion, name, namespace, selector },
      exists,
      count,
      condition,
      fields,
    };
  });
