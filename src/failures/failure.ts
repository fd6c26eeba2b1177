/**
 * The layers of a stack, the lowest first: a failure in one layer breaks the layers above it. A failure of the
 * configuration is reported before all others.
 */
export const layers = [
  "configuration",
  "host",
  "cluster",
  "storage",
  "image",
  "workload",
  "network",
  "prometheus",
  "targets",
  "alerting",
  "grafana",
] as const;

/** The part of the system that a failure is in. */
export type Layer = (typeof layers)[number];

/**
 * How sure a cause is. `certain`: the evidence names it. `likely`: it fits the evidence. `possible`: no better cause
 * is known.
 */
export type Sureness = "certain" | "likely" | "possible";

/** A text, or a function that returns it for a match. `match.input` is the whole message. */
type Text = string | ((match: RegExpExecArray) => string);

/** The properties of a failure that can differ between the messages that report it. */
interface FailureDetails {
  /**
   * Matches the report of a program or of the cluster. Undefined: any message that no other entry of the list matches.
   */
  readonly matches?: RegExp;
  /** A message that matches this too is about another failure. */
  readonly excludes?: RegExp;
  /** Limits the failure to requests whose URL matches. */
  readonly url?: RegExp;
  /**
   * Milliseconds that the failure may last before it is final, since it may recover by itself. 0 or undefined: final
   * at once.
   */
  readonly gracePeriod?: number;
  /** True if the program may only be slow to start. An app's own timeout is then the least grace period. */
  readonly isSlowStart?: true;
  /** What is wrong, as a clause after the subject's name and a colon. */
  readonly explanation?: Text;
  /** What to do about it, in whole sentences. */
  readonly fix?: string;
  /** Key paths of the user's values, or their last parts, that may cause the failure. */
  readonly keys?: readonly string[];
  /** Returns the values in the message that the user may have written. */
  readonly values?: (match: RegExpExecArray) => readonly string[];
  /** Default: certain. */
  readonly sureness?: Sureness;
}

/**
 * One failure: an entry of the catalogue, which the deployment's watch, the checks, the diagnosis and
 * docs/diagnoses.md all read.
 */
export interface Failure extends FailureDetails {
  /** Stable, kebab case: `image-not-found`. It is the same wherever the failure appears. */
  readonly id: string;
  /** Its former ids, which results.json lists for one minor version. */
  readonly aliases?: readonly string[];
  readonly layer: Layer;
  /** For docs/diagnoses.md. */
  readonly title: string;
  /** True if the error that reports the failure has its own fix, which names the setting. */
  readonly hasOwnFix?: true;
  /** True for a mistake in the user's configuration: exit code 2. */
  readonly isUserError?: true;
  /** True if the failure has one source, so that it is reported once for all workloads that have it. */
  readonly isShared?: true;
  /**
   * How vague the failure is about the reason, from 1 to 3: a more precise cause about the same workload replaces it.
   */
  readonly vagueness?: 1 | 2 | 3;
  /** Details for some messages, which override the failure's own. The first variant that matches counts. */
  readonly variants?: readonly FailureDetails[];
}

/** A failure with the details that apply to one message. */
export interface MatchedFailure extends Omit<Failure, "variants" | "explanation" | "values"> {
  /** Distinguishes the variants of a failure: `evicted/1`. */
  readonly variant: string;
  readonly gracePeriod: number;
  readonly explanation: string;
  readonly fix: string;
  readonly values: readonly string[];
}

/**
 * Returns the first failure that a message reports, with the details for this message; undefined if there is none.
 * Failures without a pattern come last, wherever they are in the list.
 * @param url the URL of the request that failed
 */
export function matchFailure(
  failures: readonly Failure[],
  message: string,
  url = "",
): MatchedFailure | undefined {
  return matchAllFailures(failures, message, url)[0];
}

/** Returns each failure that a message reports, at most once, those without a pattern last. */
function matchAllFailures(
  failures: readonly Failure[],
  message: string,
  url = "",
): readonly MatchedFailure[] {
  const matchedFailures = failures.flatMap((failure) => matchVariant(failure, message, url) ?? []);
  return [
    ...matchedFailures.filter(({ matches }) => matches !== undefined),
    ...matchedFailures.filter(({ matches }) => matches === undefined),
  ];
}

/**
 * Returns the failure with the details of the first variant that applies to a message; undefined if none does. Variants
 * with a pattern are tried before those without, which are for all other messages.
 */
function matchVariant(failure: Failure, message: string, url: string): MatchedFailure | undefined {
  const { variants = [{}], ...common } = failure;
  const allVariants = variants.map((variant, index) => ({
    ...common,
    ...variant,
    variant: `${failure.id}/${index}`,
  }));
  const applies = ({ matches, excludes, url: urlPattern }: FailureDetails) =>
    (matches === undefined || matches.test(message)) &&
    excludes?.test(message) !== true &&
    (urlPattern === undefined || urlPattern.test(url));
  const matchedVariant =
    allVariants.find((candidate) => candidate.matches !== undefined && applies(candidate)) ??
    allVariants.find((candidate) => candidate.matches === undefined && applies(candidate));
  if (matchedVariant === undefined) return undefined;
  const match = (matchedVariant.matches ?? /^/).exec(message);
  const { explanation = failure.title, values, fix = "", gracePeriod = 0 } = matchedVariant;
  if (match === null) return undefined;
  return {
    ...matchedVariant,
    gracePeriod,
    fix,
    explanation: typeof explanation === "string" ? explanation : explanation(match),
    values: values?.(match) ?? [],
  };
}
