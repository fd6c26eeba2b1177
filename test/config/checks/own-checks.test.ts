import { describe, expect, it, test } from "vitest";
import type { OwnCheck } from "../../../src/config/checks/own-checks.ts";
import { inFolder } from "../in-folder.ts";

async function checksIn(yaml: string): Promise<readonly OwnCheck[]> {
  await using folder = await inFolder({ "monstack.yaml": yaml });
  return (await folder.load()).config.checks;
}

async function mistakeIn(yaml: string): Promise<string> {
  await using folder = await inFolder({ "monstack.yaml": yaml });
  return await folder.mistake();
}

const one = (...lines: string[]) => `checks:\n  - name: a\n${lines.map((line) => `    ${line}\n`).join("")}`;

describe("checks of one's own", () => {
  it("are none when the file has none", async () => {
    expect(await checksIn("profile: ci\n")).toEqual([]);
    expect(await checksIn("checks:\n")).toEqual([]);
  });

  it("are read whole, in their order", async () => {
    const checks = await checksIn(`checks:
  - name: app-is-up
    title: The app is scraped
    severity: warning
    within: 90s
    hint: start it
    promql: 'up{job="app"}'
    expect: { series: 2, every: "== 1", any: "> 0", labels: { job: "~ a.*" }, range: { min: 0 }, finite: false, fresh: false }
    over: 10m
  - name: b
    http: http://127.0.0.1:8080/healthz
  - name: c
    resource: { kind: Pod, namespace: "*", selector: { app: x, tier: web }, count: ">= 2", condition: Ready, field: { "status.phase": Running } }
`);
    expect(checks.map(({ name }) => name)).toEqual(["app-is-up", "b", "c"]);
    expect(checks[0]).toMatchObject({
      title: "The app is scraped",
      severity: "warning",
      withinMs: 90_000,
      hint: "start it",
      what: {
        kind: "promql",
        expression: 'up{job="app"}',
        over: { rangeMs: 600_000, stepMs: 6_000 },
        expect: {
          series: { operator: "==", value: 2 },
          every: { operator: "==", value: 1 },
          any: { operator: ">", value: 0 },
          labels: { job: { operator: "~", value: "a.*" } },
          range: { min: 0, max: undefined },
          finite: false,
          fresh: false,
        },
      },
    });
    expect(checks[1]).toMatchObject({
      severity: "error",
      withinMs: undefined,
      what: { kind: "http", method: "GET", status: [{ from: 200, to: 299 }] },
    });
    expect(checks[2]?.what).toMatchObject({
      kind: "resource",
      resource: { kind: "Pod", namespace: "*", selector: "app=x,tier=web", name: undefined },
      exists: true,
      count: { operator: ">=", value: 2 },
      condition: { type: "Ready", status: "True" },
      fields: [{ path: { text: "status.phase" }, comparison: { value: "Running" } }],
    });
  });

  it("expect at least one finite and fresh series when they say nothing", async () => {
    const [check] = await checksIn(one("promql: up"));
    expect(check?.what).toMatchObject({
      over: undefined,
      expect: {
        series: { operator: ">=", value: 1 },
        every: undefined,
        labels: {},
        finite: true,
        fresh: true,
      },
    });
  });

  it.each([
    ["http://my-app.shop.svc/x?y=1", "http", 80, "/x?y=1"],
    ["https://my-app.shop.svc:8443", "https", 8443, "/"],
    ["http://my-app.shop.svc.cluster.local:81/", "http", 81, "/"],
  ])("%s is a service", async (url, scheme, port, path) => {
    const [check] = await checksIn(one(`http: { url: "${url}" }`));
    const target = { kind: "service", scheme, namespace: "shop", name: "my-app", port, path };
    expect(check?.what).toMatchObject({ target });
  });

  it("send a mapping as JSON", async () => {
    const [check] = await checksIn(one("http: { url: http://x/, body: { a: 1 }, status: [200, 4xx] }"));
    expect(check?.what).toMatchObject({
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"a":1}',
      status: [
        { from: 200, to: 200 },
        { from: 400, to: 499 },
      ],
    });
  });
});

describe("mistakes in one's own checks", () => {
  const at = "UserError: monstack.yaml:";
  test.each([
    [
      "no list",
      "checks: {a: 1}",
      "1:9: checks: a mapping is not a list; expected a list whose items start with -",
    ],
    [
      "no mapping",
      "checks: [up]",
      '1:10: checks[0]: "up" is not a mapping; expected a mapping with the keys name, title, severity, within, hint, promql, expect, over, step, http, resource',
    ],
    ["an unknown key", one("promq: up"), "3:5: checks[0].promq: unknown key; did you mean promql?"],
    [
      "an unknown key inside",
      one("promql: up", "expect: {serie: 1}"),
      "4:14: checks[0].expect.serie: unknown key; did you mean series?",
    ],
    [
      "no name",
      "checks:\n  - promql: up\n",
      "2:5: checks[0].name: missing; expected a check's name (lower-case letters, digits and -)",
    ],
    [
      "a bad name",
      "checks:\n  - {name: My App, promql: up}\n",
      '2:12: checks[0].name: "My App" is not a check\'s name (lower-case letters, digits and -)',
    ],
    [
      "the same name twice",
      `${one("promql: up")}  - {name: a, promql: up}\n`,
      "4:12: checks[1].name: another one is named a; expected a name of its own: name: ...",
    ],
    [
      "nothing to ask",
      one("hint: x"),
      "2:5: checks[0]: nothing to check; expected one of: promql, http, resource",
    ],
    [
      "two to ask",
      one("promql: up", "http: http://x"),
      "2:5: checks[0]: both promql and http; expected one of: promql, http, resource",
    ],
    [
      "a severity",
      one("promql: up", "severity: warn"),
      '4:15: checks[0].severity: "warn" is not a severity; expected one of: error, warning',
    ],
    [
      "a time",
      one("promql: up", "within: 30"),
      "4:13: checks[0].within: 30 has no unit; expected a duration such as 30s, 5m or 1h30m",
    ],
    [
      "expect for http",
      one("http: http://x", "expect: {series: 1}"),
      "4:13: checks[0].expect: only promql has this key; an http or resource check has its expectations inside",
    ],
    [
      "a bad comparison",
      one("promql: up", 'expect: {every: "=> 1"}'),
      '4:21: checks[0].expect.every: "=> 1" is not a comparison with a number; expected for example ">= 1", "== 0" or 3',
    ],
    [
      "a comparison that YAML takes for a folded text",
      one("promql: up", "expect:", "  every: > 0"),
      '5:16: > 0 means something else to YAML; expected "> 0", in quotes',
    ],
    [
      "one that YAML takes for a tag",
      one("http:", "  url: http://x", "  json: {status: != error}"),
      '5:22: != error means something else to YAML; expected "!= error", in quotes',
    ],
    [
      "an empty range",
      one("promql: up", "expect: {range: {min: 2, max: 1}}"),
      "4:21: checks[0].expect.range: no value is between 2 and 1",
    ],
    [
      "a step alone",
      one("promql: up", "step: 1s"),
      "4:11: checks[0].step: a step belongs to over; expected for example over: 5m beside it",
    ],
    [
      "too many steps",
      one("promql: up", "over: 1d", "step: 1s"),
      "5:11: checks[0].step: over holds more than 1000 steps; expected a longer step",
    ],
    [
      "no URL",
      one("http: my-app:8080"),
      '3:11: checks[0].http: "my-app:8080" is not a URL; expected a URL with http:// or https://, for example http://my-app.default.svc:8080/healthz',
    ],
    [
      "a password in a URL",
      one("http: http://me:pass@x/"),
      "3:11: checks[0].http: a URL in a file can't hold a password; expected a header with $" + "{NAME}",
    ],
    [
      "a status",
      one("http: {url: http://x, status: ok}"),
      '3:35: checks[0].http.status: "ok" is not a status; expected for example 200 or 2xx',
    ],
    [
      "a JSON path",
      one('http: {url: http://x, json: {"$.a[": 1}}'),
      '3:34: checks[0].http.json."$.a[": "$.a[" is not a path (at "["); expected for example $.status, $.items[0].name or $.items[*].ready',
    ],
    [
      "a login that the API server would take",
      one("http: {url: http://a.b.svc, headers: {authorization: x}}"),
      "3:58: checks[0].http.headers.authorization: the API server, which passes the request on to the service, takes this header for itself; expected an address that this host reaches (a NodePort, an ingress)",
    ],
    [
      "no kind",
      one("resource: {name: x}"),
      "3:15: checks[0].resource.kind: missing; expected a kind, for example Deployment",
    ],
    [
      "a name and a count",
      one("resource: {kind: Pod, name: x, count: 1}"),
      "3:33: checks[0].resource.name: only one object has this name; expected a selector or a count without name",
    ],
    [
      "a condition of what is not there",
      one("resource: {kind: Pod, name: x, exists: false, condition: Ready}"),
      "3:44: checks[0].resource.exists: an object that must not exist has no condition, field or count",
    ],
    [
      "a condition's status",
      one("resource: {kind: Pod, name: x, condition: {type: Ready, status: yes please}}"),
      '3:69: checks[0].resource.condition.status: "yes please" is not a condition\'s status (True, False or Unknown)',
    ],
  ])("%s", async (_, yaml, expected) => {
    expect(await mistakeIn(yaml)).toBe(at + expected);
  });

  test("a header's value is never shown", async () => {
    const message = await mistakeIn(one("http: {url: http://x, headers: {x-key: 12345}}"));
    expect(message).toContain("checks[0].http.headers.x-key: invalid header value (not shown)");
    expect(message).not.toContain("12345");
  });
});
