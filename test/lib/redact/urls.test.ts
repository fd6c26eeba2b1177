import { describe, expect, test } from "vitest";
import { createRedactor } from "../../../src/lib/redact/redactor.ts";
import { showUrl } from "../../../src/lib/redact/urls.ts";

describe("a URL is shown without what lets its holder in", () => {
  test.each([
    ["https://user:pa55@host/x?y=1", "https://***@host/x?y=1"],
    ["https://ghp_abcdefghijklmn@host/", "https://***@host/"],
    ["https://user:p@ss@host:1/", "https://***@host:1/"],
    ["https://user:pa/ss?w#d@host/x", "https://***@host/x"],
    ["user:pass@host:1", "***@host:1"],
    ["http://[::1]:9090/x", "http://[::1]:9090/x"],
    ["https://host/@scope/x", "https://host/@scope/x"],
    ["https://host/x?token=abc&orgId=1", "https://host/x?token=***&orgId=1"],
    ["https://host/x?orgId=1&X-Amz-Signature=abc", "https://host/x?orgId=1&X-Amz-Signature=***"],
    ["https://host/x?%74oken=abc", "https://host/x?%74oken=***"],
    ["https://host/x?sig=abc%2F&se=2026", "https://host/x?sig=***&se=2026"],
    ["https://host/x#access_token=abc", "https://host/x#access_token=***"],
    ["https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/***"],
    ["https://api.telegram.org/bot12:abc/send", "https://api.telegram.org/bot***/send"],
    ["https://discord.com/api/webhooks/1/abc", "https://discord.com/api/webhooks/***"],
    ["http://prom:9090/federate?match[]=up&x=y", "http://prom:9090/federate?match[]=up&x=y"],
    ["oci://user:pa55@host/charts", "oci://***@host/charts"],
  ])("%s", (url, shown) => {
    expect(showUrl(url)).toBe(shown);
    expect(showUrl(showUrl(url))).toBe(shown);
  });
});

test("the same in a message, and what says where a login goes stays", () => {
  const { message } = createRedactor();
  expect(message("asked https://a:b@c/x?key=d, https://e/f")).toBe(
    "asked https://***@c/x?key=***, https://e/f",
  );
  const hint = "set HTTPS_PROXY=http://USER:PASSWORD@proxy:3128";
  expect(message(hint)).toBe(hint);
});

describe("in a message only what a program wrote is taken for a credential by its name", () => {
  const { message } = createRedactor();
  test.each([
    ['{"password": "a\\"b", "user": "c"}', '{"password": "***", "user": "c"}'],
    ['msg="{\\"api_key\\":\\"abc\\"}"', 'msg="{\\"api_key\\":\\"***\\"}"'],
    ["login --password=hunter2 failed", "login --password=*** failed"],
    ['level=error password="hunter2"', 'level=error password="***"'],
  ])("%s", (text, shown) => {
    expect(message(text)).toBe(shown);
  });

  test.each([
    "the password: it is not there, so add it",
    'expected a token: one of "a", "b"',
    'kube_secret_info{namespace="x",secret="grafana-tls"}',
    "Secret monitoring/grafana: key admin-password not found",
    "set password=$GRAFANA_PASSWORD",
    'password-env: STORE_PASSWORD, secretName="x"',
    "x_tokens_total=5 tokenReviews=1",
  ])("%s", (text) => {
    expect(message(text)).toBe(text);
  });
});
