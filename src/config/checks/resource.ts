import { isMapping } from "../../lib/object.ts";
import { entriesOf, mapping } from "../../yaml/mapping.ts";
import { flag, type Parser, problem, text } from "../../yaml/parsers.ts";
import { type Comparison, numberComparison, valueComparison } from "./comparison.ts";
import { pathsOf } from "./http.ts";
import { type JsonPath, jsonPath } from "./json-path.ts";

/** Objects of the cluster, and how they must stand. */
export interface ResourceCheck {
  readonly kind: "resource";
  readonly resource: {
    readonly kind: string;
    /** Undefined: whichever the cluster has. */
    readonly apiVersion: string | undefined;
    /** Undefined: all that the selector chooses. */
    readonly name: string | undefined;
    /** Undefined: the stack's; `*`: all. Without meaning for what lives in no namespace. */
    readonly namespace: string | undefined;
    /** As `kubectl -l` takes it. */
    readonly selector: string | undefined;
  };
  readonly exists: boolean;
  /** How many there must be; undefined for one with a name. */
  readonly count: Comparison | undefined;
  readonly condition: { readonly type: string; readonly status: string } | undefined;
  readonly fields: readonly { readonly path: JsonPath; readonly comparison: Comparison }[];
}

const conditionFields = mapping("a condition's type, or a mapping with type and status", {
  type: text("a condition's type"),
  status: (given) =>
    typeof given === "boolean"
      ? { value: given ? "True" : "False" }
      : text("a condition's status (True, False or Unknown)", (one) => /^(True|False|Unknown)$/.test(one))(
          given,
          { folder: "", home: undefined },
        ),
});

/** `Available`, or `{type: Available, status: "False"}`. */
const condition: Parser<{ type: string; status: string }> = (given, base) => {
  if (!isMapping(given)) {
    const type = text("a condition's type, e.g. Available")(given, base);
    return "problems" in type ? type : { value: { type: type.value, status: "True" } };
  }
  const parsed = conditionFields(given, base);
  if ("problems" in parsed) return parsed;
  const { type, status = "True" } = parsed.value;
  return type === undefined ? problem("its type is missing") : { value: { type, status } };
};

const path: Parser<string> = (given, base) => {
  const parsed = jsonPath(given, base);
  return "problems" in parsed ? parsed : { value: parsed.value.text };
};

/** `app=x,tier!=y`; a mapping is the same as `key=value` joined. */
const selector: Parser<string> = (given, base) => {
  if (!isMapping(given)) return text("a selector of labels, e.g. app=my-app")(given, base);
  const labels = entriesOf(
    "labels with their values",
    text("a label's name"),
    text("a label's value"),
  )(given, base);
  if ("problems" in labels) return labels;
  return {
    value: Object.entries(labels.value)
      .map(([name, value]) => `${name}=${value}`)
      .join(","),
  };
};

const dnsName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

const fields = mapping("a mapping with kind, name, namespace, condition, field, exists, count or selector", {
  kind: text("a kind, e.g. Deployment"),
  apiVersion: text("an apiVersion, e.g. apps/v1", (one) => /^([a-z0-9.-]+\/)?v\d\w*$/.test(one)),
  name: text("an object's name"),
  namespace: text("a namespace, or * for all", (one) => one === "*" || dnsName.test(one)),
  selector,
  condition,
  field: entriesOf(
    'paths with what is expected there, e.g. {status.readyReplicas: ">= 2"}',
    path,
    valueComparison,
  ),
  exists: flag,
  count: numberComparison,
});

export const resource: Parser<ResourceCheck> = (given, base) => {
  const parsed = fields(given, base);
  if ("problems" in parsed) return parsed;
  const {
    kind,
    apiVersion,
    name,
    namespace,
    selector,
    exists = true,
    count,
    condition,
    field,
  } = parsed.value;
  if (kind === undefined) return problem("its kind is missing; right would be e.g. kind: Deployment");
  if (name !== undefined && (selector ?? count) !== undefined)
    return problem("there is one of a name; right would be a selector or a count without it", ["name"]);
  if (name !== undefined && namespace === "*")
    return problem("a name is looked up in one namespace", ["namespace"]);
  if (!exists && (condition ?? field ?? count) !== undefined)
    return problem("what is not there has no condition, field or count", ["exists"]);
  return {
    value: {
      kind: "resource",
      resource: { kind, apiVersion, name, namespace, selector },
      exists,
      count,
      condition,
      fields: pathsOf(field),
    },
  };
};
