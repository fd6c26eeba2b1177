// What is made from action.yml: the tables in the READMEs, and action-types.yml.
import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import * as z from "zod";
import { inputSettings, type SettingName, settings } from "../../src/config/settings.ts";
import { splitPairs, splitText } from "../../src/yaml/primitives.ts";
import { replaceBetween, table } from "./markdown.ts";

interface Described {
  readonly description: string;
  readonly default?: string;
}

interface ActionFile {
  readonly inputs: Readonly<Record<string, Described>>;
  readonly outputs: Readonly<Record<string, Described>>;
}

const action = parse(readFileSync(new URL("../../action.yml", import.meta.url), "utf8")) as ActionFile;

/** Returns a README with the tables of the action's inputs and outputs. */
export function readmePage(current: string): string {
  const rows = (described: ActionFile["inputs"]) =>
    Object.entries(described).map(([name, { description, default: value }]) => [
      `\`${name}\``,
      value === undefined ? description : `${description} Default \`${value}\`.`,
    ]);
  const inputs = table(["input", "meaning"], rows(action.inputs));
  const outputs = table(["output", "meaning"], rows(action.outputs));
  return replaceBetween(replaceBetween(current, "inputs", inputs), "outputs", outputs);
}

/** The type of an input or output, in the format of typesafegithub/github-actions-typing. */
type ActionType =
  | { readonly type: "string" | "boolean" | "integer" }
  | { readonly type: "enum"; readonly "allowed-values": readonly string[] }
  | { readonly type: "list"; readonly separator: string; readonly "list-item": { readonly type: "string" } };

const modes: ActionType = { type: "enum", "allowed-values": ["up", "run"] };

/** Returns action-types.yml. */
export function actionTypes(): string {
  const types = (described: ActionFile["inputs"]) =>
    Object.fromEntries(Object.entries(described).map(([name, one]) => [name, findType(name, one)]));
  const outputTypes = Object.entries(action.outputs).map(([name, one]) => [name, findOwnType(one)]);
  const text = stringify(
    { inputs: types(action.inputs), outputs: Object.fromEntries(outputTypes) },
    // YAML 1.1 would read the values `on` and `off` as booleans, so they are quoted.
    { version: "1.1", blockQuote: false },
  );
  return `# yaml-language-server: $schema=https://raw.githubusercontent.com/typesafegithub/github-actions-typing/refs/heads/schema-latest/github-actions-typing.schema.json
# Made by \`npm run docs\`, for tools that check workflows: https://github.com/typesafegithub/github-actions-typing
${text}`;
}

function findType(name: string, described: Described): ActionType {
  if (name === "mode") return modes;
  const setting = inputSettings.includes(name as SettingName) ? settings[name as SettingName] : undefined;
  if (setting === undefined) return findOwnType(described);
  const { schema, readText, metavar } = setting;
  if (schema instanceof z.ZodEnum) return { type: "enum", "allowed-values": schema.options.map(String) };
  if (metavar.includes("|")) return { type: "enum", "allowed-values": metavar.split("|") };
  if (readText === splitText) return { type: "list", separator: ",", "list-item": { type: "string" } };
  if (readText === splitPairs) return { type: "list", separator: "\n", "list-item": { type: "string" } };
  return { type: "string" };
}

/** Returns the type of what is not a setting. A boolean has one as its default, or is described as `true` when something is. */
function findOwnType({ description, default: value }: Described): ActionType {
  return value === "true" || value === "false" || description.startsWith("`true` when")
    ? { type: "boolean" }
    : { type: "string" };
}
