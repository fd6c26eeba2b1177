import { showControls } from "../sanitize.ts";
import { redactData, removedText } from "./data.ts";
import { maskCertainPairs, redactPairs } from "./pairs.ts";
import { compileSecrets, type KnownSecrets, shortSecretLength } from "./secrets.ts";
import { hideUrlCredentials } from "./urls.ts";

/** The text that replaces a secret in a message. */
const maskText = "***";

/**
 * Takes credentials out of what somebody is going to read: the run's own secrets wherever they stand and however they are
 * written, logins and tokens in URLs, the paths of webhooks, private keys, tokens of a known form.
 */
export interface Redactor {
  /** Registers a secret of the run. Returns false if it was registered already. */
  add(secret: string): boolean;
  /** Of a message of monstack's own, whatever it quotes. Words that only look like a secret's name stay readable. */
  message(text: string): string;
  /**
   * Of a foreign text that is kept: a log, a configuration file. Whatever has a name that says password, token, secret and
   * the like is removed too, in doubt as well.
   */
  text(text: string): string;
  /** The same of an object of the API, or any other data; all that is in Secrets is removed. */
  data(value: unknown): unknown;
}

/** @param secrets those that are known already */
export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const known = new Set(secrets);
  let compiled: KnownSecrets | undefined;
  const secretsNow = () => {
    compiled ??= compileSecrets(known);
    return compiled;
  };
  const maskMessage = (given: string) =>
    maskCertainPairs(maskTokens(secretsNow().maskCut(given, maskText), maskText), maskText);
  const text = (given: string) => redactPairs(maskTokens(secretsNow().mask(given, removedText), removedText));
  return {
    add: (secret) => {
      if (secret === "" || known.has(secret)) return false;
      known.add(secret);
      compiled = undefined;
      return true;
    },
    message: (given) => {
      const shown = maskMessage(given);
      const visible = showControls(shown);
      // Characters that nobody sees can take a secret apart.
      const again = visible === shown ? shown : maskMessage(visible);
      return again === visible ? shown : again;
    },
    text,
    data: (value) => redactData(value, text),
  };
}

/** Bounded and anchored at a word's beginning, so that long lines of a log cost no more than short ones. */
const tokenPatterns: readonly (readonly [pattern: RegExp, before: string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, ""],
  [/\b(Bearer|Basic) +(?=[\w+/=.~-]*[\d=])[\w+/=.~-]{8,}/gi, "$1 "],
  [/(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?/g, ""],
  [/(?<!\w)(?:gh[pousr]_|github_pat_|glpat-|glsa_|glc_|xox[abpr]-|AKIA)\w[\w-]{10,}/g, ""],
];

function maskTokens(text: string, replacement: string): string {
  return tokenPatterns.reduce(
    (rest, [pattern, before]) => rest.replace(pattern, `${before}${replacement}`),
    hideUrlCredentials(text, replacement),
  );
}

/**
 * Returns the texts that GitHub's runner is to mask for a secret: its lines. The runner splits a text of several lines and
 * masks each line wherever it occurs, however short it is.
 */
export function listRunnerMasks(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).filter((line) => line.trim().length >= shortSecretLength);
  return [...new Set(lines)].filter((line) => !line.trim().startsWith("-----"));
}

/** Returns the same texts as workflow commands, one per line. */
export function listMaskCommands(secret: string): string[] {
  return listRunnerMasks(secret).map((line) => `::add-mask::${line.replaceAll("%", "%25")}`);
}
