import { didYouMean } from "../../lib/suggest.ts";
import { type Parser, type Problem, problem, text } from "../../yaml/parsers.ts";
import type { Repo } from "../schema.ts";
import { credentials } from "./credentials.ts";
import { isHttpUrl } from "./mirrors.ts";

const httpUrl = text("a chart repository; right would be a URL with https:// or http://", isHttpUrl);

const url: Parser<string> = (given, base) =>
  typeof given === "string" && URL.canParse(given) && new URL(given).password !== ""
    ? problem(
        `there is a password in this URL (not shown); right would be a mapping with url, username and password: "\${NAME}", taken from the environment`,
      )
    : httpUrl(given, base);
const keys = ["url", "username", "password"];

/**
 * A chart repository: its URL, or a mapping with what it wants to see first. Credentials are named, never written down:
 * `${CHARTS_PASSWORD}` is taken from the environment.
 */
export const repo: Parser<Repo> = (given, base) => {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const parsed = url(given, base);
    return "problems" in parsed ? parsed : { value: { url: parsed.value, credentials: undefined } };
  }
  const { url: address, username, password, ...others } = given as Record<string, unknown>;
  const problems: Problem[] = Object.keys(others).map((key) => ({
    at: [key],
    text: `unknown key; ${didYouMean(key, keys)}`,
  }));
  const parsed = url(address, base);
  if ("problems" in parsed) problems.push(...parsed.problems.map((one) => ({ ...one, at: ["url"] })));
  const login = credentials({ username, password }, base, "repository");
  if ("problems" in login) problems.push(...login.problems);
  if (problems.length > 0 || "problems" in parsed || "problems" in login) return { problems };
  return { value: { url: parsed.value, credentials: login.value } };
};

/** @param section the key that the repositories stand under */
export function unknownRepo(name: string, known: readonly string[], section = "repos"): string {
  return `there is no chart repository ${name} under ${section}; ${didYouMean(name, known)}`;
}
