/**
 * How deep a failure lies, from the lowest: what lies lower breaks what lies above it. A failure of the configuration is
 * reported before all others.
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

export type Layer = (typeof layers)[number];

/** How sure a cause is: `certain` when the evidence names it, `likely` when it fits, `possible` when nothing better does. */
export type Sureness = "certain" | "likely" | "possible";

/** A text, or a function that makes it from what matched; `match.input` is the whole message. */
type Text = string | ((match: RegExpExecArray) => string);

/** What can differ between the messages that report the same failure. */
interface FailureDetails {
  /** What a program or the cluster reports. Undefined: any message that nothing else in the list matches. */
  readonly matches?: RegExp;
  /** A message that also has this is about something else. */
  readonly excludes?: RegExp;
  /** Only requests to URLs like this. */
  readonly url?: RegExp;
  /** How long the failure may last before it is final, in milliseconds: it may recover by itself. 0 or undefined: final at once. */
  readonly gracePeriod?: number;
  /** The program may only be slow: an app with a timeout of its own has at least that long. */
  readonly isSlowStart?: true;
  /** What is wrong, as a clause that follows the name of the thing and a colon. */
  readonly explanation?: Text;
  /** What to do about it, in whole sentences. */
  readonly fix?: string;
  /** Key paths of the user's values, or ends of some, where it may come from. */
  readonly keys?: readonly string[];
  /** Values that the user may have written. */
  readonly values?: (match: RegExpExecArray) => readonly string[];
  /** Default: certain. */
  readonly sureness?: Sureness;
}

/**
 * One way to fail: an entry of the catalogue, which the deployment's watch, the checks, the diagnosis and
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
  /** The error that reports it has a fix of its own, which names the setting. */
  readonly hasOwnFix?: true;
  /** It is a mistake in the user's configuration: exit code 2. */
  readonly isUserError?: true;
  /** It has one source, so that it is reported once for all workloads that have it. */
  readonly isShared?: true;
  /** How vague the failure is about the reason, from 1 to 3: a more precise cause about the same workload replaces it. */
  readonly vagueness?: 1 | 2 | 3;
  /** Each overrides the details above for some messages; the first that matches counts. */
  readonly variants?: readonly FailureDetails[];
}

/** A failure with the details that hold for one message. */
export interface MatchedFailure extends Omit<Failure, "variants" | "explanation" | "values"> {
  /** Distinguishes the variants of a failure: `evicted/1`. */
  readonly variant: string;
  readonly gracePeriod: number;
  readonly explanation: string;
  readonly fix: string;
  readonly values: readonly string[];
}

/**
 * Returns the first failure that a message reports, with the details that hold for this message. Failures without a
 * pattern come last, wherever they stand in the list.
 * @param url of the request that failed
 */
export function matchFailure(
  failures: readonly Failure[],
  message: string,
  url = "",
): MatchedFailure | undefined {
  return matchAllFailures(failures, message, url)[0];
}

/** Returns each failure of the list that a message reports, at most once, those without a pattern last. */
function matchAllFailures(
  failures: readonly Failure[],
  message: string,
  url = "",
): readonly MatchedFailure[] {
  const found = failures.flatMap((failure) => matchVariant(failure, message, url) ?? []);
  return [
    ...found.filter(({ matches }) => matches !== undefined),
    ...found.filter(({ matches }) => matches === undefined),
  ];
}

function matchVariant(failure: Failure, message: string, url: string): MatchedFailure | undefined {
  const { variants = [{}], ...common } = failure;
  const all = variants.map((variant, index) => ({
    ...common,
    ...variant,
    variant: `${failure.id}/${index}`,
  }));
  const applies = ({ matches, excludes, url: requested }: FailureDetails) =>
    (matches === undefined || matches.test(message)) &&
    excludes?.test(message) !== true &&
    (requested === undefined || requested.test(url));
  const found =
    all.find((one) => one.matches !== undefined && applies(one)) ??
    all.find((one) => one.matches === undefined && applies(one));
  if (found === undefined) return undefined;
  const match = (found.matches ?? /^/).exec(message);
  const { explanation = failure.title, values, fix = "", gracePeriod = 0 } = found;
  if (match === null) return undefined;
  return {
    ...found,
    gracePeriod,
    fix,
    explanation: typeof explanation === "string" ? explanation : explanation(match),
    values: values?.(match) ?? [],
  };
}
