import { describe, expect, it } from "vitest";
import { isUnencrypted, listPlainHttpWarnings } from "../../../src/config/load/consistency.ts";
import { findPlainHttpHosts } from "../../../src/lock/origins.ts";
import { chart, dashboard, lockOf } from "../../lock/locks.ts";

const nothing = { repos: {}, registries: {}, mirrors: {}, remoteWrite: [], federate: [] };
const credentials = { username: "u", password: "p" };
const access = { credentials, ca: undefined, insecure: false };

describe("a login that is sent without TLS is a warning", () => {
  it.each<[string, Parameters<typeof listPlainHttpWarnings>[0], RegExp | undefined]>([
    [
      "to a repository",
      { ...nothing, repos: { own: { url: "http://charts.example", credentials } } },
      /^repos\.own/,
    ],
    [
      "to one with TLS",
      { ...nothing, repos: { own: { url: "https://charts.example", credentials } } },
      undefined,
    ],
    [
      "to one without a login",
      { ...nothing, repos: { own: { url: "http://charts.example", credentials: undefined } } },
      undefined,
    ],
    [
      "to a registry's mirror",
      {
        ...nothing,
        mirrors: { "docker.io": "http://mirror.example:5000" },
        registries: { "mirror.example:5000": access },
      },
      /^mirrors\.docker\.io: its password is sent to http:\/\/mirror\.example:5000/,
    ],
    [
      "in a mirror's address",
      { ...nothing, mirrors: { "https://": "http://u:p@mirror.example" } },
      /http:\/\/mirror\.example unencrypted/,
    ],
  ])("%s", (_, config, warning) => {
    const found = listPlainHttpWarnings(config);
    if (warning === undefined) expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringMatching(warning)]);
    expect(found.join()).not.toContain("u:p@");
  });

  it.each([
    ["http://example.com", true],
    ["http://10.0.0.1:5000", true],
    ["http://127.evil.example", true],
    ["http://localhost.example", true],
    ["https://example.com", false],
    ["http://127.0.0.1:1", false],
    ["http://[::1]:1", false],
    ["http://mimir:9009", false],
    ["http://mimir.monitoring.svc:9009", false],
    ["not an address", false],
  ])("%s", (url, open) => {
    expect(isUnencrypted(url)).toBe(open);
  });
});

it("a lock that names addresses without TLS says which", () => {
  const one = { ...chart("prometheus", "1.0.0", undefined), url: "http://charts.example:8080/x.tgz" };
  expect(findPlainHttpHosts(lockOf({ charts: [one] }))).toEqual(["charts.example:8080"]);
  expect(findPlainHttpHosts(lockOf({ dashboards: [dashboard(315, 3)] }))).toEqual([]);
});
