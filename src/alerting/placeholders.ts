import { isMapping } from "../lib/values.ts";
import { isSecretField, writtenSecrets } from "./secrets.ts";

type Mapping = Record<string, unknown>;

/**
 * Whether a configuration names somebody to tell, and could reach none of them: each integration has a placeholder where its
 * secret belongs, in itself or, when it has none of its own, in `global`.
 */
export function namesOnlyPlaceholders(config: unknown): boolean {
  if (!isMapping(config) || !Array.isArray(config["receivers"])) return false;
  const integrations = config["receivers"].flatMap(integrationsOf);
  const global = globalPlaceholders(config["global"]);
  return integrations.length > 0 && integrations.every(({ key, one }) => isUnreachable(key, one, global));
}

/** Whether the receiver of an integration has another one that could be reached: its alerts arrive all the same. */
export function hasReachableBeside(config: unknown, path: readonly (string | number)[]): boolean {
  const [list, receiver, key, place] = path;
  if (!isMapping(config) || list !== "receivers" || !Array.isArray(config[list])) return false;
  const global = globalPlaceholders(config["global"]);
  return integrationsOf(config[list][Number(receiver)]).some(
    (one) => !(one.key === key && one.place === place) && !isUnreachable(one.key, one.one, global),
  );
}

function integrationsOf(receiver: unknown) {
  return Object.entries(isMapping(receiver) ? receiver : {}).flatMap(([key, list]) =>
    key.endsWith("_configs") && Array.isArray(list)
      ? list.map((one: unknown, place) => ({ key, one, place }))
      : [],
  );
}

function isUnreachable(key: string, own: unknown, global: readonly string[]): boolean {
  if (!isMapping(own)) return false;
  if (writtenSecrets({ [key]: own }).some(({ isPlaceholder }) => isPlaceholder)) return true;
  const prefix = key === "email_configs" ? "smtp_" : key.replace(/configs$/, "");
  return !hasOwnSecret(key, own) && global.some((name) => name.startsWith(prefix));
}

function globalPlaceholders(global: unknown): string[] {
  return writtenSecrets({ global }).flatMap(({ path, isPlaceholder }) =>
    isPlaceholder ? [String(path.at(-1))] : [],
  );
}

/** Written out, referred to, or in a file: any of them goes over the one in `global`. */
function hasOwnSecret(key: string, own: Mapping): boolean {
  return Object.entries(own).some(
    ([name, value]) => Boolean(value) && isSecretField([key, name.replace(/_file$/, "")], String(value)),
  );
}
