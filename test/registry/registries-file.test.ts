import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { createRegistriesYaml, hasOwnMirror, parseRegistriesFile } from "../../src/sources/registries.ts";

const own = {
  host: "127.0.0.1:40123",
  url: "https://127.0.0.1:40123/secret/v2",
  authority: "/etc/rancher/k3s/monstack-registry.crt",
  isLocked: false,
};
const configs = { [own.host]: { tls: { ca_file: own.authority } } };

describe("k3s' registries.yaml names monstack's registry first", () => {
  test("for every registry", () => {
    expect(parse(createRegistriesYaml({}, {}, own) ?? "")).toEqual({
      mirrors: { "*": { endpoint: [own.url] } },
      configs,
    });
  });

  test("and the user's mirrors after it", () => {
    const login = { "mirror:5000": { credentials: { username: "ci", password: "x" } } };
    const yaml = createRegistriesYaml({ "docker.io": "http://mirror:5000/hub" }, login, own);
    expect(parse(yaml ?? "")).toEqual({
      mirrors: {
        "*": { endpoint: [own.url] },
        "docker.io": { endpoint: [own.url, "http://mirror:5000/v2/hub"] },
      },
      configs: { ...configs, "mirror:5000": { auth: { username: "ci", password: "x" } } },
    });
  });
});

describe("a registries.yaml that the machine has", () => {
  const text = `
mirrors:
  docker.io:
    endpoint: ["https://mirror.example"]
  quay.io:
    endpoint: ["https://mirror.example"]
    rewrite: {"^(.*)$": "quay/$1"}
configs:
  mirror.example: {auth: {username: a, password: b}}
`;
  const existing = parseRegistriesFile(text);

  test("keeps its mirrors and logins; monstack's is for the other registries", () => {
    expect(parse(createRegistriesYaml({}, {}, { ...own, existing }) ?? "")).toEqual({
      ...parse(text),
      mirrors: { ...parse(text).mirrors, "*": { endpoint: [own.url] } },
      configs: { ...parse(text).configs, ...configs },
    });
    expect(existing && [hasOwnMirror(existing, "docker.io"), hasOwnMirror(existing, "ghcr.io")]).toEqual([
      true,
      false,
    ]);
  });

  test("comes after the lock", () => {
    const { mirrors } = parse(createRegistriesYaml({}, {}, { ...own, existing, isLocked: true }) ?? "");
    expect(mirrors["docker.io"].endpoint).toEqual([own.url, "https://mirror.example"]);
    // Rewritten names would not be the lock's.
    expect(mirrors["quay.io"]).toEqual({ endpoint: [own.url] });
  });

  test("gives way to the configuration's mirrors", () => {
    const { mirrors } = parse(
      createRegistriesYaml({ "ghcr.io": "http://m" }, {}, { ...own, existing }) ?? "",
    );
    expect(Object.keys(mirrors)).toEqual(["*", "ghcr.io"]);
  });

  test.each(["- a\n", "mirrors: [a]\n", "mirrors: {a: {endpoint: x}}\n", "{"])("%j is none", (other) => {
    expect(parseRegistriesFile(other)).toBeUndefined();
  });
});
