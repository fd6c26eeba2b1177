import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { guessFittingValues, matchesLabel, parseMatchers } from "../../src/alerting/matchers.ts";
import { findRouteExamples, findRoutes, readRouting } from "../../src/alerting/routes.ts";

const base = { alertname: "Test" };
const routing = (yaml: string) => readRouting(parse(yaml));

describe("matchers", () => {
  test.each([
    ['severity="critical"', [["severity", "=", "critical"]]],
    ["severity = critical", [["severity", "=", "critical"]]],
    [
      '{a!="b, c", d=~"x|y",}',
      [
        ["a", "!=", "b, c"],
        ["d", "=~", "x|y"],
      ],
    ],
    ['"my.label"!~"a\\"b"', [["my.label", "!~", 'a"b']]],
    ['a="line\\nnext\\\\"', [["a", "=", "line\nnext\\"]]],
    ["a=", [["a", "=", ""]]],
  ])("%s", (text, expected) => {
    expect(parseMatchers(text).map(({ label, op, value }) => [label, op, value])).toEqual(expected);
  });

  test.each(["severity", '=~"x"', 'a="b"c"', "a=b,,c=d"])("%s is none", (text) => {
    expect(() => parseMatchers(text)).toThrow();
  });

  test("a label that isn't there is empty, and expressions are anchored", () => {
    const [same, other, fits, fitsNot] = parseMatchers('a="", b!="", c=~"x.*", d!~"x"');
    if (!same || !other || !fits || !fitsNot) throw new Error("four");
    expect(matchesLabel(same, {})).toBe(true);
    expect(matchesLabel(other, {})).toBe(false);
    expect(matchesLabel(fits, { c: "ax" })).toBe(false);
    expect(matchesLabel(fitsNot, { d: "xx" })).toBe(true);
  });

  test.each([
    "critical|warning",
    "db-.+",
    "(a|b)-\\d{3}",
    "(?i)prod",
    ".*",
    "[a-c]{2}x?",
    "^team\\.x$",
    "a(bc)?d",
  ])("a value is found for %s", (pattern) => {
    expect(guessFittingValues(pattern).length).toBeGreaterThan(0);
  });
});

describe("routes", () => {
  const tree = `
route:
  receiver: root
  routes:
    - { matchers: ['severity="critical"'], receiver: pager, continue: true }
    - { match_re: { severity: critical|warning }, receiver: mail, routes: [{ match: { team: db } , receiver: dba }] }
    - { matchers: ['env!="prod"', 'team=~"web-.+"'], receiver: web }
receivers: [{ name: root }, { name: pager }, { name: mail }, { name: dba }, { name: web }, { name: nobody }]
`;
  test.each([
    [{}, ["root"]],
    [{ severity: "critical" }, ["pager", "mail"]],
    [{ severity: "warning", team: "db" }, ["dba"]],
    [{ team: "web-1" }, ["web"]],
    [{ team: "web-1", env: "prod" }, ["root"]],
  ])("%o goes to %o", (labels, receivers) => {
    expect(findRoutes(routing(tree).root, labels).map(({ receiver }) => receiver)).toEqual(receivers);
  });

  test("a example is found to each receiver, and those without one are told", () => {
    const { examples, unreached } = findRouteExamples(routing(tree), base);
    expect(Object.fromEntries(examples.map(({ receiver, labels }) => [receiver, labels]))).toEqual({
      root: base,
      pager: { ...base, severity: "critical" },
      mail: { ...base, severity: "critical" },
      dba: { ...base, severity: "critical", team: "db" },
      web: { ...base, team: "web-x" },
    });
    expect(unreached).toEqual(["nobody"]);
  });

  test("a child that takes everything but one value leaves its parent that one", () => {
    const { examples } = findRouteExamples(
      routing(
        "route: {receiver: a, routes: [{receiver: b, matchers: ['x!=keep']}]}\nreceivers: [{name: a}, {name: b}]",
      ),
      base,
    );
    expect(examples.find(({ receiver }) => receiver === "a")?.labels).toEqual({ ...base, x: "keep" });
  });

  test("a route that sends at times only is no example, and its receiver is not called unreached", () => {
    const { examples, timed, unreached } = findRouteExamples(
      routing(
        "route: {receiver: a, routes: [{receiver: b, matchers: [x=y], active_time_intervals: [day]}]}\nreceivers: [{name: a}, {name: b}]",
      ),
      base,
    );
    expect(examples.map(({ receiver }) => receiver)).toEqual(["a"]);
    expect(timed).toEqual(['the route {x="y"} to b']);
    expect(unreached).toEqual([]);
  });

  test("each route has its own example, and one that another takes everything from is told", () => {
    const { examples, unproven, unreached } = findRouteExamples(
      routing(`
route:
  receiver: a
  routes:
    - { receiver: b, matchers: [team=db], routes: [{ receiver: a, matchers: ['severity=~"info|none"'] }] }
    - { receiver: b, matchers: [team=web] }
    - { receiver: b, matchers: [team=db, x=y] }
receivers: [{name: a}, {name: b}]
`),
      base,
    );
    expect(examples.map(({ receiver, labels }) => [receiver, labels])).toEqual([
      ["a", base],
      ["b", { ...base, team: "db" }],
      ["a", { ...base, team: "db", severity: "info" }],
      ["b", { ...base, team: "web" }],
    ]);
    expect(unproven).toEqual(['the route {team="db", x="y"} to b']);
    expect(unreached).toEqual([]);
  });

  test("what routes match may be the alert's name", () => {
    const { examples } = findRouteExamples(
      routing(
        "route: {receiver: a, routes: [{receiver: b, matchers: [alertname=Watchdog]}]}\nreceivers: [{name: a}, {name: b}]",
      ),
      base,
    );
    expect(examples[1]).toEqual({
      receiver: "b",
      route: 'the route {alertname="Watchdog"}',
      labels: { alertname: "Watchdog" },
    });
  });
});
