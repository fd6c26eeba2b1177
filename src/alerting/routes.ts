import { z } from "zod";
import { ownValue } from "../lib/object.ts";
import {
  guessFittingValues,
  type LabelMatcher,
  type Labels,
  matchesLabel,
  parseMatchers,
} from "./matchers.ts";

/** A node of the routing tree, with what it inherits. */
export interface Route {
  readonly receiver: string;
  readonly matchers: readonly LabelMatcher[];
  /** Goes on with its siblings after it matched. */
  readonly continues: boolean;
  /** It sends at certain times only. */
  readonly isTimed: boolean;
  readonly routes: readonly Route[];
}

/** What of Alertmanager's configuration decides where an alert goes. */
export interface Routing {
  readonly root: Route;
  /** Names of all receivers. */
  readonly receivers: readonly string[];
  /** Labels in which two alerts must be equal for one to inhibit the other. */
  readonly equalLabels: readonly string[];
  readonly inhibitions: readonly Inhibition[];
}

/** An alert that fits `source` holds back those that fit `target`. */
export interface Inhibition {
  readonly source: readonly LabelMatcher[];
  readonly target: readonly LabelMatcher[];
  /** Labels that must be the same in both. */
  readonly equal: readonly string[];
}

const labels = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));
const texts = z.array(z.string()).nullish();
const routeSchema = z.looseObject({
  receiver: z.string().nullish(),
  match: labels.nullish(),
  match_re: labels.nullish(),
  matchers: texts,
  continue: z.boolean().nullish(),
  mute_time_intervals: texts,
  active_time_intervals: texts,
  get routes() {
    return z.array(routeSchema).nullish();
  },
});

const inhibitionSchema = z.looseObject({
  source_match: labels.nullish(),
  source_match_re: labels.nullish(),
  source_matchers: texts,
  target_match: labels.nullish(),
  target_match_re: labels.nullish(),
  target_matchers: texts,
  equal: texts,
});

const configSchema = z.looseObject({
  route: routeSchema,
  receivers: z.array(z.looseObject({ name: z.string() })),
  inhibit_rules: z.array(inhibitionSchema).nullish(),
});

/**
 * From the parsed alertmanager.yml.
 * @throws Error if it is not a route, or a matcher in it is invalid
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

function toMatchers(same: LabelMap, fitting: LabelMap, written: z.infer<typeof texts>): LabelMatcher[] {
  const of = (op: LabelMatcher["op"], map: LabelMap) =>
    Object.entries(map ?? {}).map(([label, value]) => ({ label, op, value }));
  return [...of("=", same), ...of("=~", fitting), ...(written ?? []).flatMap(parseMatchers)];
}

function toRoute(given: z.infer<typeof routeSchema>, inherited: string): Route {
  const receiver = given.receiver || inherited;
  return {
    receiver,
    matchers: toMatchers(given.match, given.match_re, given.matchers),
    continues: given.continue === true,
    isTimed: [given.mute_time_intervals, given.active_time_intervals].some((list) => (list?.length ?? 0) > 0),
    routes: (given.routes ?? []).map((one) => toRoute(one, receiver)),
  };
}

/** Returns the nodes that an alert ends up at (dispatch.Route.Match of Alertmanager). */
export function findRoutes(route: Route, alert: Labels): Route[] {
  if (!route.matchers.every((matcher) => matchesLabel(matcher, alert))) return [];
  const found: Route[] = [];
  for (const child of route.routes) {
    const below = findRoutes(child, alert);
    found.push(...below);
    if (below.length > 0 && !child.continues) break;
  }
  return found.length > 0 ? found : [route];
}

/** Labels with which an alert ends up at a node of the tree. */
export interface Way {
  readonly receiver: string;
  /** The node as a message names it. */
  readonly route: string;
  readonly labels: Labels;
}

/** As many nodes as are tried; a tree has seldom more than a few dozen. */
const mostWays = 100;

/** What `waysTo` finds; routes as a message names them, each with its receiver. */
export interface Ways {
  readonly ways: readonly Way[];
  /** Routes that send at certain times only, which are not tried. */
  readonly timed: readonly string[];
  /** Routes to which no way was found, of receivers that another one reaches. */
  readonly unproven: readonly string[];
  /** Receivers that no route leads to, timed ones neither. */
  readonly unreached: readonly string[];
}

/** Finds one way to each node that sends at any time of the day. */
export function findWays(routing: Routing, base: Labels): Ways {
  const ways: Way[] = [];
  const left: { receiver: string; route: string }[] = [];
  const timed: { receiver: string; route: string }[] = [];
  for (const path of listPaths(routing.root)) {
    const node = path.at(-1);
    if (node === undefined) continue;
    const { receiver } = node;
    const route = describeRoute(path);
    if (node.isTimed) {
      timed.push({ receiver, route });
      continue;
    }
    const found =
      ways.length >= mostWays
        ? undefined
        : guessLabels(path, base).find((alert) => findRoutes(routing.root, alert).includes(node));
    if (found) ways.push({ receiver, route, labels: found });
    // What stops at none of its children may well be nothing, e.g. where each alert has a child for it.
    else if (node.routes.length === 0) left.push({ receiver, route });
  }
  const isReached = (name: string) => ways.some(({ receiver }) => receiver === name);
  const isTimed = (name: string) => timed.some(({ receiver }) => receiver === name);
  const describe = ({ route, receiver }: (typeof left)[number]) => `${route} to ${receiver}`;
  return {
    ways,
    timed: timed.map(describe),
    unproven: left.filter(({ receiver }) => isReached(receiver)).map(describe),
    unreached: routing.receivers.filter((name) => !isReached(name) && !isTimed(name)),
  };
}

/** `the route {severity="critical"}`, with the matchers of those above. */
function describeRoute(path: readonly Route[]): string {
  const matchers = path.flatMap((route) => route.matchers);
  if (path.length === 1) return "the root route";
  if (matchers.length === 0) return "a route without matchers";
  return `the route {${matchers.map(({ label, op, value }) => `${label}${op}${JSON.stringify(value)}`).join(", ")}}`;
}

/** From the root to each node, in the order of the file. */
function listPaths(route: Route, above: readonly Route[] = []): Route[][] {
  const here = [...above, route];
  return [here, ...route.routes.flatMap((child) => listPaths(child, here))];
}

/** Returns sets of labels that fit all matchers, as far as they can be guessed. */
export function guessFittingLabels(matchers: readonly LabelMatcher[], base: Labels): Labels[] {
  return guessLabels([{ receiver: "", matchers, continues: false, isTimed: false, routes: [] }], base);
}

const mostCandidates = 64;

/** Returns labels that fit all matchers on the way; also some that its children and siblings don't take away. */
function guessLabels(path: readonly Route[], base: Labels): Labels[] {
  const wanted = path.flatMap(({ matchers }) => matchers);
  const others = path.flatMap(({ routes }) => routes.flatMap(({ matchers }) => matchers));
  const names = [...new Set([...wanted, ...others].map(({ label }) => label))];
  let found: Labels[] = [base];
  for (const label of names) {
    const own = wanted.filter((one) => one.label === label);
    const values = listValuesToTry(label, own, [...wanted, ...others], base).filter((value) =>
      own.every((one) => matchesLabel(one, { [label]: value })),
    );
    found = found
      .flatMap((labels) => values.map((value) => setLabel(labels, label, value)))
      .slice(0, mostCandidates);
  }
  return found;
}

/** Returns values to try: what the matchers name, the label as it is, and something that nobody names. */
function listValuesToTry(
  label: string,
  own: readonly LabelMatcher[],
  all: readonly LabelMatcher[],
  base: Labels,
): string[] {
  const named = own.flatMap(({ op, value }) =>
    op === "=" ? [value] : op === "=~" ? guessFittingValues(value) : [],
  );
  const avoided = all.flatMap((one) => (one.label === label && one.op === "!=" ? [one.value] : []));
  return [...new Set([...named, base[label] ?? "", "monstack", ...avoided])].slice(0, 8);
}

function setLabel(labels: Labels, label: string, value: string): Labels {
  const { [label]: _, ...rest } = labels;
  return value === "" ? rest : { ...rest, [label]: value };
}

/** Two alerts of which the first holds back the second. */
export interface InhibitionPair {
  readonly source: Labels;
  readonly target: Labels;
}

/**
 * Alerts that a rule is about. Labels in which they must be equal and that nothing else decides get the value `own`, which
 * keeps alerts of others out of it. Undefined when none were found.
 */
export function findInhibitionPair(rule: Inhibition, base: Labels, own: string): InhibitionPair | undefined {
  for (const source of guessFittingLabels(rule.source, base)) {
    for (const target of guessFittingLabels(rule.target, base)) {
      const pair = rule.equal.reduce<InhibitionPair | undefined>(
        (so, label) => so && makeEqual(label, so, rule, own),
        { source, target },
      );
      if (pair !== undefined && isInhibiting(rule, pair)) return pair;
    }
  }
  return undefined;
}

function makeEqual(
  label: string,
  pair: InhibitionPair,
  rule: Inhibition,
  own: string,
): InhibitionPair | undefined {
  const { source, target } = pair;
  const values = [ownValue(source, label) ?? "", ownValue(target, label) ?? ""];
  const isFree =
    ![...rule.source, ...rule.target].some((one) => one.label === label) && label !== "alertname";
  for (const value of isFree ? [own] : values) {
    const both = { source: { ...source, [label]: value }, target: { ...target, [label]: value } };
    if (fitsAllMatchers(rule.source, both.source) && fitsAllMatchers(rule.target, both.target)) return both;
  }
  return undefined;
}

/** Of alerts that fit both sides none holds another back (inhibit.InhibitRule of Alertmanager). */
function isInhibiting(rule: Inhibition, { source, target }: InhibitionPair): boolean {
  const isFitting = fitsAllMatchers(rule.source, source) && fitsAllMatchers(rule.target, target);
  return isFitting && !(fitsAllMatchers(rule.source, target) && fitsAllMatchers(rule.target, source));
}

function fitsAllMatchers(matchers: readonly LabelMatcher[], labels: Labels): boolean {
  return matchers.every((one) => matchesLabel(one, labels));
}
