import { isHttpUrl } from "./mirrors.ts";
import { shown } from "./mistakes.ts";
import { type Base, type Parser, type Problem, problem, text } from "./parsers.ts";
import type { Repo } from "./schema.ts";
import { didYouMean } from "./suggest.ts";

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
  const user = username === undefined ? undefined : fromEnvironment("username", username, base, true);
  const secret = password === undefined ? undefined : fromEnvironment("password", password, base, false);
  for (const one of [user, secret]) if (one !== undefined && "text" in one) problems.push(one);
  if ((user === undefined) !== (secret === undefined))
    problems.push({ at: [], text: "username and password belong together: one of them is missing" });
  if (problems.length > 0 || "problems" in parsed) return { problems };
  const credentials =
    user && secret && "value" in user && "value" in secret
      ? { username: user.value, password: secret.value }
      : undefined;
  return { value: { url: parsed.value, credentials } };
};

function fromEnvironment(
  key: string,
  given: unknown,
  { env }: Base,
  mayBeWritten: boolean,
): { value: string } | Problem {
  const name = typeof given === "string" ? /^\$\{([A-Za-z_]\w*)\}$/.exec(given.trim())?.[1] : undefined;
  if (name === undefined) {
    if (mayBeWritten && typeof given === "string" && given.trim() !== "") return { value: given.trim() };
    const what = mayBeWritten ? shown(given) : "what is there (not shown)";
    return {
      at: [key],
      text: `${what} is not a ${key}; right would be \${NAME}, taken from the environment`,
    };
  }
  if (env === undefined) return { value: "" };
  const value = env[name];
  if (value === undefined || value === "")
    return { at: [key], text: `the environment has no ${name}; set it to the repository's ${key}` };
  return { value };
}

/** @param section the key that the repositories stand under */
export function unknownRepo(name: string, known: readonly string[], section = "repos"): string {
  return `there is no chart repository ${name} under ${section}; ${didYouMean(name, known)}`;
}
