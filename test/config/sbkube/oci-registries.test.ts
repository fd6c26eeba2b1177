import { expect, test } from "vitest";
import { inFolder } from "../in-folder.ts";

const env = { CI: "x", TOKEN: "s3cret", OTHER: "0ther" };

async function load(registries: readonly string[], more: Record<string, string> = {}) {
  const yaml = [
    "settings:",
    "  oci_registries:",
    ...registries.map((line) => `    ${line}`),
    "apps:",
    "  remote: {chart: ghcr/thing, version: 1.0.0}",
  ].join("\n");
  await using folder = await inFolder({ "app/sbkube.yaml": yaml, ...more });
  return await folder.load({ flags: { "app-dir": "app" }, env });
}

test.each([
  "ghcr: {registry: ghcr.io/org/}",
  "ghcr: {registry: 'oci://ghcr.io/org', username: null, password: null}",
  "ghcr: {url: ghcr.io/org}",
  "ghcr: ghcr.io/org",
])("%s is where charts come from, without a login", async (line) => {
  const { config } = await load([line]);
  expect(config.apps["remote"]?.source).toMatchObject({ chart: "oci://ghcr.io/org/thing" });
  expect(config.registries).toEqual({});
});

test("a login is the registry's, and what monstack.yaml says of it stands above", async () => {
  const registries = [
    `ghcr: {registry: ghcr.io/org, username: ci, password: "\${TOKEN}"}`,
    `same: {registry: ghcr.io/other, username: ci, password: "\${TOKEN}"}`,
    `hub: {registry: registry-1.docker.io/org, username: me, password: "\${TOKEN}"}`,
  ];
  const { config } = await load(registries, {
    "monstack.yaml": [
      "registries:",
      `  docker.io: {username: ci, password: "\${OTHER}"}`,
      "  ghcr.io: {insecure: true}",
      "  quay.io: {insecure: true}",
    ].join("\n"),
  });
  expect(config.registries).toMatchObject({
    "ghcr.io": { credentials: { username: "ci", password: "s3cret" }, insecure: true },
    "docker.io": { credentials: { username: "ci", password: "0ther" } },
    "quay.io": { credentials: undefined, insecure: true },
  });
});

test.each([
  [
    ["ghcr: {registry: ghcr.io/org, username: ci, password: hunter2}"],
    /^app\/sbkube\.yaml:3:\d+: settings\.oci_registries\.ghcr\.password: invalid value \(not shown\): expected \$\{NAME\}/m,
  ],
  [
    ["ghcr: {registry: ghcr.io/org, username: ci}"],
    /^app\/sbkube\.yaml:3:11: settings\.oci_registries\.ghcr: username and password belong together/m,
  ],
  [
    [`ghcr: {registry: ghcr.io/org, username: ci, password: "\${NOPE}"}`],
    /the environment has no NOPE; set it to the registry's password$/m,
  ],
  [
    ["ghcr: {regsitry: ghcr.io/org}"],
    /^ *app\/sbkube\.yaml:3:\d+: settings\.oci_registries\.ghcr\.regsitry: unknown key; did you mean registry\?/m,
  ],
  [
    ["ghcr: {registry: 'https://ghcr.io/org'}"],
    /ghcr\.registry: "https:\/\/ghcr\.io\/org" is not an image registry; expected for example ghcr\.io\/org$/m,
  ],
  [
    [
      `ghcr: {registry: ghcr.io/org, username: ci, password: "\${TOKEN}"}`,
      `other: {registry: ghcr.io/other, username: ci, password: "\${OTHER}"}`,
    ],
    /^app\/sbkube\.yaml:4:12: settings\.oci_registries\.other: ghcr\.io has another login above; a registry is logged in to once$/m,
  ],
])("%s is a mistake that says what would be right", async (lines, message) => {
  await expect(load(lines)).rejects.toThrow(message);
});
