import { isMapping } from "../values.ts";
import { isCredentialName, removed } from "./names.ts";

/** Whatever is a credential by the name of its key is removed; `text` says what becomes of other texts. */
export function redactData(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((one) => redactData(one, text));
  if (!isMapping(value)) return value;
  const isSecret = value["kind"] === "Secret";
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (isSecret && (key === "data" || key === "stringData")) return [key, withoutValues(inner)];
      // Of a datasource of Grafana's.
      if (key === "secureJsonData") return [key, withoutValues(inner)];
      // kubectl's copy of the whole object.
      if (key === "kubectl.kubernetes.io/last-applied-configuration") return [key, removed];
      if (isCredentialKey(key, value)) return [key, withoutScalars(inner, text)];
      return [key, redactData(inner, text)];
    }),
  );
}

/** @param within the mapping that the key is in: an environment variable has its name beside its value */
export function isCredentialKey(key: string, within: Readonly<Record<string, unknown>>): boolean {
  const { name } = within;
  return (
    isCredentialName(key) || (key === "value" && typeof name === "string" && isCredentialName(name, "env"))
  );
}

function withoutValues(data: unknown): unknown {
  return isMapping(data) ? Object.fromEntries(Object.keys(data).map((key) => [key, removed])) : removed;
}

/** Texts and numbers, also in a list; a mapping has names of its own. */
function withoutScalars(value: unknown, text: (text: string) => string): unknown {
  if (typeof value === "string") return value === "" ? value : removed;
  if (typeof value === "number") return removed;
  if (Array.isArray(value)) return value.map((one) => withoutScalars(one, text));
  return redactData(value, text);
}
