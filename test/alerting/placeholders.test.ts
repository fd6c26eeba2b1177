import { expect, test } from "vitest";
import { hasOnlyPlaceholderIntegrations } from "../../src/alerting/secrets.ts";

const ref = (name: string) => `\${${name}}`;
const global = { slack_api_url: "YOUR_SLACK_WEBHOOK_URL" };
const slack = (own: object) => ({ receivers: [{ name: "a", slack_configs: [{ channel: "#a", ...own }] }] });

test.each<[string, unknown]>([
  ["each has one", slack({ api_url: "<url>" })],
  ["the common one is one", { global, ...slack({}) }],
  [
    "a login's",
    {
      receivers: [
        {
          name: "a",
          webhook_configs: [{ url: "https://x", http_config: { basic_auth: { password: "changeme" } } }],
        },
      ],
    },
  ],
])("a configuration names only placeholders where %s", (_, config) => {
  expect(hasOnlyPlaceholderIntegrations(config)).toBe(true);
});

test.each<[string, unknown]>([
  ["there is none", { receivers: [{ name: "a" }] }],
  ["one is real", slack({ api_url: "https://hooks.slack.com/services/T1/B2/c3" })],
  ["one goes over the common one", { global, ...slack({ api_url: ref("SLACK_URL") }) }],
  ["a file goes over the common one", { global, ...slack({ api_url_file: "/etc/slack" }) }],
  [
    "the common one is another's",
    { global, receivers: [{ name: "a", pagerduty_configs: [{ routing_key: ref("KEY") }] }] },
  ],
  [
    "one has none",
    {
      receivers: [
        ...slack({ api_url: "<url>" }).receivers,
        { name: "b", webhook_configs: [{ url: "https://x" }] },
      ],
    },
  ],
  ["it is no configuration", "receivers"],
])("and not where %s", (_, config) => {
  expect(hasOnlyPlaceholderIntegrations(config)).toBe(false);
});
