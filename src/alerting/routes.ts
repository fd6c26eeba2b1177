import { z } from "zod";
import { getOwnValue } from "../lib/object.ts";
import {
  guessFittingValues,
  type LabelMatcher,
  type Labels,
  matchesLabel,
  parseMatchers,
} from "./matchers.ts";

/** A node of the routing tree, with the values that it inherits. */
interface Route {
  readonly receiver: string;
  readonly matchers: readonly LabelMatcher[];
  /** True if an alert that matches is also passed to the next siblings. */
  readonly continues: boolean;
  /** True if the route sends only at certain times. */
  readonly isTimed: boolean;
  readonly routes: readonly Route[];
}

/** The parts of Alertmanager's configuration that decide where an alert is sent. */
export interface Routing {
  readonly root: Route;
  /** Names of all receivers. */
  readonly receivers: readonly string[];
  /** Labels in which two alerts must be equal for one to inhibit the other. */
  readonly equalLabels: readonly string[];
  readonly inhibitions: readonly Inhibition[];
}

/** An inhibition rule: an alert that matches `source` suppresses alerts that match `target`. */
export interface Inhibition {
  readonly source: readonly LabelMatcher[];
  readonly target: readonly LabelMatcher[];
  /** Labels that must be the same in both. */
  readonly equal: readonly string[];
}

const labelMapSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));
const textListSchema = z.array(z.string()).nullish();
const routeSchema = z.looseObject({
  receiver: z.string().nullish(),
  match: labelMapSchema.nullish(),
  match_re: labelMapSchema.nullish(),
  matchers: textListSchema,
  continue: z.boolean().nullish(),
  mute_time_intervals: textListSchema,
  active_time_intervals: textListSchema,
  get routes() {
    return z.array(routeSchema).nullish();
  },
});

const inhibitionSchema = z.looseObject({
  source_match: labelMapSchema.nullish(),
  source_match_re: labelMapSchema.nullish(),
  source_matchers: textListSchema,
  target_match: labelMapSchema.nullish(),
  target_match_re: labelMapSchema.nullish(),
  target_matchers: textListSchema,
  equal: textListSchema,
});

const configSchema = z.looseObject({
  route: routeSchema,
  receivers: z.array(z.looseObject({ name: z.string() })),
  inhibit_rules: z.array(inhibitionSchema).nullish(),
});

/**
 * Reads the routing from the parsed alertmanager.yml.
 * @throws Error if the configuration has no valid route, or if a matcher is invalid
 */
export function readRouting(config: unknown): Routing {
  const parsed = configSchema.parse(config);
  return {
    root: toRoute(parsed.route, ""),
    receivers: parsed.receivers.map(({ name }) => name),
    equalLabels: [...new Set((parsed.inhibit_rules ?? []).flatMap(({ equal }) => equal ?? []))],
    inhibitions: (parsed.inhibit_rules ?? []).map((rule) => ({
      source: toMatchers(rule.source_match, rule.source_match_re, rule.source_matchers),
      target: toMatchers(rule.target_match, rule.target_match_re, rule.target_matchers),
      equal: rule.equal ?? [],
    })),
  };
}

type LabelMap = Record<string, string> | null | undefined;

/** Returns the matchers of all three kinds of fields: `match`, `match_re` and `matchers`. */
function toMatchers(
  equalLabels: LabelMap,
  regexLabels: LabelMap,
  matcherTexts: z.infer<typeof textListSchema>,
): LabelMatcher[] {
  const toLabelMatchers = (op: LabelMatcher["op"], map: LabelMap) =>
    Object.entries(map ?? {}).map(([label, value]) => ({ label, op, value }));
  return [
    ...toLabelMatchers("=", equalLabels),
    ...toLabelMatchers("=~", regexLabels),
    ...(matcherTexts ?? []).flatMap(parseMatchers),
  ];
}

/** Converts a route of the configuration. A route without a receiver inherits it. */
function toRoute(route: z.infer<typeof routeSchema>, inherited: string): Route {
  const receiver = route.receiver || inherited;
  return {
    receiver,
    matchers: toMatchers(route.match, route.match_re, route.matchers),
    continues: route.continue === true,
    isTimed: [route.mute_time_intervals, route.active_time_intervals].some((list) => (list?.length ?? 0) > 0),
    routes: (route.routes ?? []).map((child) => toRoute(child, receiver)),
  };
}

/** Returns the routes that finally handle an alert (dispatch.Route.Match of Alertmanager). */
export function findRoutes(route: Route, alert: Labels): Route[] {
  if (!route.matchers.every((matcher) => matchesLabel(matcher, alert))) return [];
  const handlingRoutes: Route[] = [];
  for (const child of route.routes) {
    const childRoutes = findRoutes(child, alert);
    handlingRoutes.push(...childRoutes);
    if (childRoutes.length > 0 && !child.continues) break;
  }
  return handlingRoutes.length > 0 ? handlingRoutes : [route];
}

/** An example of an alert's labels for which a certain route sends the alert. */
export interface RouteExample {
  readonly receiver: string;
  /** The route as messages name it. */
  readonly route: string;
  readonly labels: Labels;
}

/** The maximum number of examples. A routing tree rarely has more than a few dozen routes. */
const maxRouteExamples = 100;

/** The result of `findRouteExamples`. `timed` and `unproven` are texts for messages, each with its receiver. */
export interface RouteExamples {
  readonly examples: readonly RouteExample[];
  /** Routes that send only at certain times. They are not tried. */
  readonly timed: readonly string[];
  /** Routes for which no labels were found, although another route reaches their receiver. */
  readonly unproven: readonly string[];
  /** Receivers that no route reaches, not even a timed one. */
  readonly unreached: readonly string[];
}

/**
 * Finds labels for each route that sends at any time of the day: an alert with these labels is handled by that route.
 * @param base labels that each example has, unless a matcher requires another value
 */
export function findRouteExamples(routing: Routing, base: Labels): RouteExamples {
  const examples: RouteExample[] = [];
  const untestedRoutes: { receiver: string; route: string }[] = [];
  const timedRoutes: { receiver: string; route: string }[] = [];
  for (const path of listPaths(routing.root)) {
    const node = path.at(-1);
    if (node === undefined) continue;
    const { receiver } = node;
    const route = describeRoute(path);
    if (node.isTimed) {
      timedRoutes.push({ receiver, route });
      continue;
    }
    const labelsOfRoute =
      examples.length >= maxRouteExamples
        ? undefined
        : guessLabels(path, base).find((alert) => findRoutes(routing.root, alert).includes(node));
    if (labelsOfRoute) examples.push({ receiver, route, labels: labelsOfRoute });
    // A route with children may handle no alert itself, e.g. if every alert matches one of the children.
    else if (node.routes.length === 0) untestedRoutes.push({ receiver, route });
  }
  const isReached = (name: string) => examples.some(({ receiver }) => receiver === name);
  const isTimed = (name: string) => timedRoutes.some(({ receiver }) => receiver === name);
  const formatRoute = ({ route, receiver }: (typeof untestedRoutes)[number]) => `${route} to ${receiver}`;
  return {
    examples,
    timed: timedRoutes.map(formatRoute),
    unproven: untestedRoutes.filter(({ receiver }) => isReached(receiver)).map(formatRoute),
    unreached: routing.receivers.filter((name) => !isReached(name) && !isTimed(name)),
  };
}

/**
 * Formats a route for messages with its matchers and those of the routes above it: `the route {severity="critical"}`.
 */
function describeRoute(path: readonly Route[]): string {
  const matchers = path.flatMap((route) => route.matchers);
  if (path.length === 1) return "the root route";
  if (matchers.length === 0) return "a route without matchers";
  return `the route {${matchers.map(({ label, op, value }) => `${label}${op}${JSON.stringify(value)}`).join(", ")}}`;
}

/** Returns the path from the root to each route, in the order of the file. */
function listPaths(route: Route, parents: readonly Route[] = []): Route[][] {
  const path = [...parents, route];
  return [path, ...route.routes.flatMap((child) => listPaths(child, path))];
}

/** Returns sets of labels that match all matchers, as far as they can be guessed. */
function guessFittingLabels(matchers: readonly LabelMatcher[], base: Labels): Labels[] {
  return guessLabels([{ receiver: "", matchers, continues: false, isTimed: false, routes: [] }], base);
}

/** The maximum number of sets of labels to try for one route. */
const maxCandidates = 64;

/**
 * Returns sets of labels that match all matchers on a path. Some of the sets do not match the routes beside and below
 * the path.
 */
function guessLabels(path: readonly Route[], base: Labels): Labels[] {
  const pathMatchers = path.flatMap(({ matchers }) => matchers);
  const otherMatchers = path.flatMap(({ routes }) => routes.flatMap(({ matchers }) => matchers));
  const names = [...new Set([...pathMatchers, ...otherMatchers].map(({ label }) => label))];
  let candidates: Labels[] = [base];
  for (const label of names) {
    const matchersOfLabel = pathMatchers.filter((matcher) => matcher.label === label);
    const values = listValuesToTry(label, matchersOfLabel, [...pathMatchers, ...otherMatchers], base).filter(
      (value) => matchersOfLabel.every((matcher) => matchesLabel(matcher, { [label]: value })),
    );
    candidates = candidates
      .flatMap((labels) => values.map((value) => setLabel(labels, label, value)))
      .slice(0, maxCandidates);
  }
  return candidates;
}

/** The maximum number of values of one label to try. */
const maxValues = 8;

/**
 * Returns values of a label to try: those that its matchers name or that match its patterns, the one in `base`, one that
 * no matcher names, and those that `!=` matchers exclude, since another route may exclude a value that this one accepts.
 */
function listValuesToTry(
  label: string,
  labelMatchers: readonly LabelMatcher[],
  allMatchers: readonly LabelMatcher[],
  base: Labels,
): string[] {
  const fittingValues = labelMatchers.flatMap(({ op, value }) => {
    if (op === "=") return [value];
    return op === "=~" ? guessFittingValues(value) : [];
  });
  const excludedValues = allMatchers.flatMap((matcher) =>
    matcher.label === label && matcher.op === "!=" ? [matcher.value] : [],
  );
  return [...new Set([...fittingValues, base[label] ?? "", "monstack", ...excludedValues])].slice(
    0,
    maxValues,
  );
}

/** Returns the labels with one label set, or removed for an empty value. */
function setLabel(labels: Labels, label: string, value: string): Labels {
  const { [label]: _, ...rest } = labels;
  return value === "" ? rest : { ...rest, [label]: value };
}

/** Two alerts, of which the first suppresses the second. */
export interface InhibitionPair {
  readonly source: Labels;
  readonly target: Labels;
}

/**
 * Returns two alerts to which an inhibition rule applies; undefined if none were found.
 * @param uniqueValue the value for labels that must be equal and that no matcher restricts. It keeps other alerts out of the
 * rule.
 */
export function findInhibitionPair(
  rule: Inhibition,
  base: Labels,
  uniqueValue: string,
): InhibitionPair | undefined {
  for (const source of guessFittingLabels(rule.source, base)) {
    for (const target of guessFittingLabels(rule.target, base)) {
      const pair = rule.equal.reduce<InhibitionPair | undefined>(
        (current, label) => current && equaliseLabel(label, current, rule, uniqueValue),
        { source, target },
      );
      if (pair !== undefined && isInhibiting(rule, pair)) return pair;
    }
  }
  return undefined;
}

/** Returns the pair with an equal value of one label in both alerts; undefined if no value matches the rule. */
function equaliseLabel(
  label: string,
  pair: InhibitionPair,
  rule: Inhibition,
  uniqueValue: string,
): InhibitionPair | undefined {
  const { source, target } = pair;
  const values = [getOwnValue(source, label) ?? "", getOwnValue(target, label) ?? ""];
  // An alert's name is set by its rule, so it always counts as restricted.
  const isUnrestricted =
    ![...rule.source, ...rule.target].some((matcher) => matcher.label === label) && label !== "alertname";
  for (const value of isUnrestricted ? [uniqueValue] : values) {
    const equalPair = { source: { ...source, [label]: value }, target: { ...target, [label]: value } };
    if (fitsAllMatchers(rule.source, equalPair.source) && fitsAllMatchers(rule.target, equalPair.target))
      return equalPair;
  }
  return undefined;
}

/**
 * True if the rule suppresses the target. An alert that matches both sides does not suppress another such alert
 * (inhibit.InhibitRule of Alertmanager).
 */
function isInhibiting(rule: Inhibition, { source, target }: InhibitionPair): boolean {
  const isFitting = fitsAllMatchers(rule.source, source) && fitsAllMatchers(rule.target, target);
  return isFitting && !(fitsAllMatchers(rule.source, target) && fitsAllMatchers(rule.target, source));
}

/** True if the labels match all matchers. */
function fitsAllMatchers(matchers: readonly LabelMatcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matchesLabel(matcher, labels));
}
