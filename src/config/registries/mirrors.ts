import { shown } from "../../yaml/mistakes.ts";
import { type Parsed, type Parser, type Problem, problem } from "../../yaml/parsers.ts";

const example = "https://get.helm.sh/=http://mirror/helm/";

/** In a file: a mapping from prefix to prefix. */
export const mirrorsFromFile: Parser<Readonly<Record<string, string>>> = (given) => {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return problem(
      `${shown(given)} is not a mapping; right would be e.g. https://get.helm.sh/: http://mirror/helm/`,
    );
  }
  return collect(Object.entries(given).map(([from, to]) => ({ from, to, at: [from] })));
};

/** In an input, a flag or the environment: `from=to`, separated by commas or line breaks. */
export const mirrorsFromText: Parser<Readonly<Record<string, string>>> = (given) => {
  const pairs: { from: string; to: string; at: string[] }[] = [];
  for (const part of typeof given === "string" ? given.split(/[,\n]/) : []) {
    if (part.trim() === "") continue;
    const equals = part.indexOf("=");
    if (equals < 0)
      return problem(`${shown(part.trim())} is not a mirror; right would be from=to, e.g. ${example}`);
    pairs.push({ from: part.slice(0, equals).trim(), to: part.slice(equals + 1).trim(), at: [] });
  }
  return collect(pairs);
};

function collect(
  pairs: readonly { from: string; to: unknown; at: readonly string[] }[],
): Parsed<Record<string, string>> {
  const value: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const { from, to, at } of pairs) {
    const wrongKey = wrongPrefix(from);
    const wrong = wrongKey ?? wrongMirror(from, to);
    if (wrong !== undefined)
      problems.push({ at, text: wrong, ...(wrongKey === undefined ? {} : { inKey: true }) });
    else value[from] = String(to);
  }
  return problems.length > 0 ? { problems } : { value };
}

function wrongPrefix(from: string): string | undefined {
  const isUrl = from.includes("://");
  if (isUrl && !/^https?:\/\//.test(from)) {
    return `${shown(from)} can't be mirrored; right would be a prefix with https:// or http://, or an image registry such as docker.io`;
  }
  if (!isUrl && !/^[a-z0-9][a-z0-9.-]*(:\d+)?$/i.test(from)) {
    return `${shown(from)} is neither a URL prefix (https://...) nor an image registry (docker.io)`;
  }
  return undefined;
}

function wrongMirror(from: string, to: unknown): string | undefined {
  if (typeof to !== "string" || !isHttpUrl(to)) {
    return `${shown(to)} is not a mirror of ${from}; right would be a URL with http:// or https://`;
  }
  return undefined;
}

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}
