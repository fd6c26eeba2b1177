import { showControls } from "../sanitize.ts";
import { redactData, removedText } from "./data.ts";
import { maskCertainPairs, redactPairs } from "./pairs.ts";
import { compileSecrets, type KnownSecrets, shortSecretLength } from "./secrets.ts";
import { hideUrlCredentials } from "./urls.ts";

/** The text that replaces a secret in a message. */
const maskText = "***";

/**
 * Removes credentials from texts that people read: the run's own secrets in every form, logins and tokens in URLs, the
 * paths of webhooks, private keys, and tokens of a known form.
 */
export interface Redactor {
  /** Registers a secret of the run. Returns false if it was registered already. */
  add(secret: string): boolean;
  /** Returns a message of monstack's own without credentials. Words that only look like a secret's name stay readable. */
  message(text: string): string;
  /**
   * Returns a foreign text, for example a log or a configuration file, without credentials. Also removes every value whose
   * name may mean a password, a token or a secret.
   */
  text(text: string): string;
  /** Does the same for data such as an object of the API. Removes all values of Secrets. */
  data(value: unknown): unknown;
}

/**
 * Creates a redactor.
 * @param secrets the secrets that are known already
 */
export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const knownSecrets = new Set(secrets);
  let compiled: KnownSecrets | undefined;
  const getCompiledSecrets = () => {
    compiled ??= compileSecrets(knownSecrets);
    return compiled;
  };
  const maskMessage = (original: string) =>
    maskCertainPairs(maskTokens(getCompiledSecrets().maskCut(original, maskText), maskText), maskText);
  const text = (original: string) =>
    redactPairs(maskTokens(getCompiledSecrets().mask(original, removedText), removedText));
  return {
    add: (secret) => {
      if (secret === "" || knownSecrets.has(secret)) return false;
      knownSecrets.add(secret);
      compiled = undefined;
      return true;
    },
    message: (original) => {
      const maskedText = maskMessage(original);
      const withVisibleControls = showControls(maskedText);
      // Invisible characters can divide a secret, so the text is searched again without them.
      const maskedAgain = withVisibleControls === maskedText ? maskedText : maskMessage(withVisibleControls);
      return maskedAgain === withVisibleControls ? maskedText : maskedAgain;
    },
    text,
    data: (value) => redactData(value, text),
  };
}

/**
 * Match tokens of a known form, with the part of the match that is kept. The patterns are bounded and begin at a word, so
 * that their time is proportional to the length of the text.
 */
const tokenPatterns: readonly (readonly [pattern: RegExp, keptPart: string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, ""],
  [/\b(Bearer|Basic) +(?=[\w+/=.~-]*[\d=])[\w+/=.~-]{8,}/gi, "$1 "],
  [/(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?/g, ""],
  [/(?<!\w)(?:gh[pousr]_|github_pat_|glpat-|glsa_|glc_|xox[abpr]-|AKIA)\w[\w-]{10,}/g, ""],
];

/** Returns the text with tokens of a known form and the credentials in URLs replaced. */
function maskTokens(text: string, replacement: string): string {
  return tokenPatterns.reduce(
    (replaced, [pattern, keptPart]) => replaced.replace(pattern, `${keptPart}${replacement}`),
    hideUrlCredentials(text, replacement),
  );
}

/**
 * Returns the texts that GitHub's runner must mask for a secret: its lines. The runner masks each line of a text by
 * itself, however short it is, so lines that are too short are left out.
 */
export function listRunnerMasks(secret: string): string[] {
  const lines = secret.split(/[\r\n]+/).filter((line) => line.trim().length >= shortSecretLength);
  return [...new Set(lines)].filter((line) => !line.trim().startsWith("-----"));
}

/** Returns the workflow commands that let GitHub's runner mask a secret, one for each line of it. */
export function listMaskCommands(secret: string): string[] {
  return listRunnerMasks(secret).map((line) => `::add-mask::${line.replaceAll("%", "%25")}`);
}
