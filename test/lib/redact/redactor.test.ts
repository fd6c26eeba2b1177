import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { createRedactor } from "../../../src/lib/redact/redactor.ts";
import { startProcessorClock } from "../../support/processor-clock.ts";

const { text, data } = createRedactor([]);

describe("the run's own secrets are removed", () => {
  const secret = 'S3cret "x" pass/word';

  test.each([
    ["as they are", `the login ${secret} was refused`],
    ["in JSON", `{"a":${JSON.stringify(secret)}}`],
    ["in JSON in JSON", JSON.stringify({ body: JSON.stringify({ a: secret }) })],
    ["in a URL", `http://x/?q=${encodeURIComponent(secret)}&y=1`],
    ["in base64", `data: ${Buffer.from(secret).toString("base64")}`],
  ])("%s", (_, given) => {
    const shown = createRedactor([secret]).text(given);
    expect(shown).toContain("<removed>");
    expect(shown).not.toMatch(/S3cret|cGFzcy93b3Jk|pass\/word/);
  });

  test("line by line, when they have several", () => {
    const shown = createRedactor(["first-line\nsecond-line"]).text("a:\n    first-line\n    second-line\n");
    expect(shown).toBe("a:\n    <removed>\n    <removed>\n");
  });

  test("an empty one removes nothing", () => {
    expect(createRedactor([""]).text("as it is")).toBe("as it is");
  });
});

describe("what looks like a credential in a text is removed", () => {
  test.each([
    [
      "a value of YAML",
      "  smtp_auth_password: two words\nnext: 1",
      "  smtp_auth_password: <removed>\nnext: 1",
    ],
    ["one in quotes", "password: 'it''s' # why", "password: '<removed>' # why"],
    ["one in a list", "- bearer_token: abc", "- bearer_token: <removed>"],
    ["a block of lines", "password: |-\n  one\n\n  two\nnext: 1", "password: <removed>\nnext: 1"],
    ["a value on the next line", "password:\n  plain\nnext: 1", "password:<removed>\nnext: 1"],
    [
      "a list below",
      "api_keys: 1\ntokens:\n- abc\n- def\nnext: 1",
      "api_keys: <removed>\ntokens:<removed>\nnext: 1",
    ],
    ["in a flow mapping", "{user: a, password: b c, url: d}", "{user: a, password: <removed>, url: d}"],
    ["in JSON", '{"token":"a\\"b","x":"y"}', '{"token":"<removed>","x":"y"}'],
    ["in JSON, a number", '{"password":12345,"x":1}', '{"password":<removed>,"x":1}'],
    [
      "in JSON within a text",
      'msg="{\\"token\\":\\"abc\\",\\"x\\":1}"',
      'msg="{\\"token\\":\\"<removed>\\",\\"x\\":1}"',
    ],
    ["in INI", "[smtp]\nadmin_password = one two\nuser = x", "[smtp]\nadmin_password = <removed>\nuser = x"],
    ["in a line of a log", "level=info apiKey=abc user=x", "level=info apiKey=<removed> user=x"],
    ["an argument", "run --web.password=abc --y", "run --web.password=<removed> --y"],
    ["a login in a URL", "see http://ann:p@ss@host:9090/x", "see http://<removed>@host:9090/x"],
    [
      "Slack's webhook",
      "url: https://hooks.slack.com/services/T0/B0/abc",
      "url: https://hooks.slack.com/<removed>",
    ],
    ["api_url", "api_url: https://x/y", "api_url: <removed>"],
    [
      "another webhook",
      "to https://discord.com/api/webhooks/12/abc now",
      "to https://discord.com/api/webhooks/<removed> now",
    ],
    ["a header", "got Authorization: Bearer abc.def-1", "got Authorization: <removed> <removed>"],
    ["a bearer token", 'with "Bearer abcdefgh1"', 'with "Bearer <removed>"'],
    [
      "a private key",
      "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nx",
      "<removed>\nx",
    ],
    ["one that was cut off", "-----BEGIN PRIVATE KEY-----\nabc", "<removed>"],
    ["a JSON web token", "x eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrOHMifQ.c2ln y", "x <removed> y"],
    ["GitHub's", "ghp_abcdefghijklmnop0123", "<removed>"],
  ])("%s", (_, given, expected) => {
    expect(text(given)).toBe(expected);
  });

  test("twice is the same as once", () => {
    const once = text("password: a b\nurl: http://a:b@c/\ntoken: |\n  x\n");
    expect(text(once)).toBe(once);
  });
});

describe("what is no credential stays readable", () => {
  test.each([
    ['MountVolume.SetUp failed for volume "x" : secret "grafana-tls" not found'],
    ["bearer_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token"],
    ["secretName: grafana\nexistingSecret: mine\npasswordKey: admin-password"],
    ["automountServiceAccountToken: true"],
    ["tokenReviews: 1"],
    ["password: null"],
    ['{"secret": {"secretName": "x"}, "token": null, "auth": true}'],
    ["api_url: <secret>"],
    ["Basic authentication failed"],
    ["level=info msg=started addr=http://localhost:9090/ key=value"],
    ["scrape_interval: 15s # every token counts"],
  ])("%s", (given) => {
    expect(text(given)).toBe(given);
  });

  test("in prose only one word goes, not what happened", () => {
    expect(text('invalid token: x, pods "a" not found')).toBe('invalid token: <removed>, pods "a" not found');
  });

  test("a long line takes no long time", () => {
    const long = "abcdefgh-".repeat(200_000);
    const processorMs = startProcessorClock();
    expect(text(`${long}\n${"http".repeat(200_000)}\n${"password ".repeat(100_000)}`).length).toBeGreaterThan(
      1e6,
    );
    expect(processorMs()).toBeLessThan(3_000);
  });
});

describe("what looks like a credential in an object is removed", () => {
  test("all of a Secret's data, and kubectl's copy of it", () => {
    const secret = parse(`
kind: Secret
metadata: {name: x, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"b"}}'}}
data: {a: aGVsbG8=}
stringData: {b: hello}
type: Opaque
`);
    expect(data(secret)).toEqual({
      kind: "Secret",
      metadata: {
        name: "x",
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": "<removed>" },
      },
      data: { a: "<removed>" },
      stringData: { b: "<removed>" },
      type: "Opaque",
    });
  });

  test("the values of environment variables, by their names", () => {
    const container = parse(`
env:
  - {name: GF_SECURITY_ADMIN_PASSWORD, value: abc}
  - {name: LICENSE_KEY, value: abc}
  - {name: TLS_KEY_FILE, value: /etc/x}
  - {name: LOG_LEVEL, value: debug}
  - {name: A_TOKEN, valueFrom: {secretKeyRef: {name: x, key: y}}}
args: [--api-token=abc, --verbose]
`);
    expect(data(container)).toEqual({
      env: [
        { name: "GF_SECURITY_ADMIN_PASSWORD", value: "<removed>" },
        { name: "LICENSE_KEY", value: "<removed>" },
        { name: "TLS_KEY_FILE", value: "/etc/x" },
        { name: "LOG_LEVEL", value: "debug" },
        { name: "A_TOKEN", valueFrom: { secretKeyRef: { name: "x", key: "y" } } },
      ],
      args: ["--api-token=<removed>", "--verbose"],
    });
  });

  test("in files of a ConfigMap, in lists and as numbers", () => {
    const map = {
      data: { "a.yml": "smtp:\n  auth_password: abc\n  host: x\n" },
      tokens: ["a", 1],
      password: 5,
    };
    expect(data(map)).toEqual({
      data: { "a.yml": "smtp:\n  auth_password: <removed>\n  host: x\n" },
      tokens: ["<removed>", "<removed>"],
      password: "<removed>",
    });
  });

  test("what only leads to one stays", () => {
    const volumes = { volumes: [{ name: "v", secret: { secretName: "x" } }], secret: { optional: true } };
    expect(data(volumes)).toEqual(volumes);
  });
});
