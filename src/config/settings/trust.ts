import { shown } from "../../yaml/mistakes.ts";
import { oneOf, type Parser, problem, splitList } from "../../yaml/parsers.ts";
import { notInFiles, same } from "./setting.ts";

const variable: Parser<string> = (given) =>
  typeof given === "string" && /^[A-Za-z_]\w*$/.test(given)
    ? { value: given }
    : problem(`${shown(given)} is not the name of an environment variable; expected e.g. SLACK_URL`);

const variables = splitList(variable, /[,\n]/);

/** Whose word a file is, and what it may name. No file can set these. */
export const trustSettings = {
  trust: same(
    oneOf("a degree of trust", ["full", "restricted"]),
    undefined,
    notInFiles,
    "full|restricted",
    "restricted for pull requests from forks, pull_request_target and the like, else full",
    "restricted: files set no programs, hosts, clusters or folders, and read only the workspace (docs/trust.md)",
  ),
  env: same(
    variables,
    undefined,
    notInFiles,
    "A,B",
    "none",
    `With trust restricted: environment variables that files may name as \${NAME}; the flag can be repeated`,
  ),
};
