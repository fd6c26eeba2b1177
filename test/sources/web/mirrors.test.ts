import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { createRegistriesYaml } from "../../../src/sources/registries.ts";
import { applyMirrors, applyMirrorsToOci } from "../../../src/sources/web/mirrors.ts";

describe("mirrored", () => {
  const mirrors = {
    "https://": "http://mirror",
    "https://get.helm.sh": "http://helm-mirror/tools/",
    "https://github.com/k3s-io/k3s/": "http://k3s-mirror",
    "docker.io": "http://mirror:5000/docker.io",
  };

  test.each([
    ["https://dl.k8s.io/release/stable.txt", "http://mirror/dl.k8s.io/release/stable.txt"],
    ["https://get.helm.sh/helm.tar.gz", "http://helm-mirror/tools/helm.tar.gz"],
    ["https://get.helm.sh.example/helm.tar.gz", "http://mirror/get.helm.sh.example/helm.tar.gz"],
    ["https://github.com/k3s-io/k3s/releases/v1%2Bk3s1", "http://k3s-mirror/releases/v1%2Bk3s1"],
    ["https://github.com/other", "http://mirror/github.com/other"],
    ["http://plain/x", "http://plain/x"],
  ])("%s -> %s", (url, expected) => {
    expect(applyMirrors(url, mirrors)).toBe(expected);
  });

  test("without a mirror it is the URL itself", () => {
    expect(applyMirrors("https://get.helm.sh/x", {})).toBe("https://get.helm.sh/x");
    expect(applyMirrors("https://docker.io/x", { "docker.io": "http://mirror" })).toBe("https://docker.io/x");
  });

  test("a mirror's own URL is not mirrored again", () => {
    expect(applyMirrors("https://a/x", { "https://a": "https://b", "https://b": "https://c" })).toBe(
      "https://b/x",
    );
  });
});

test("mirroredOci goes where images of that registry come from", () => {
  const mirrors = { "ghcr.io": "http://mirror:5000/ghcr.io", "oci://quay.io": "oci://my.registry/quay" };
  expect(applyMirrorsToOci("oci://ghcr.io/org/chart", mirrors)).toEqual({
    url: "oci://mirror:5000/ghcr.io/org/chart",
    plainHttp: true,
  });
  expect(applyMirrorsToOci("oci://quay.io/org/chart", mirrors)).toEqual({
    url: "oci://my.registry/quay/org/chart",
    plainHttp: false,
  });
  expect(applyMirrorsToOci("oci://other/chart", mirrors).url).toBe("oci://other/chart");
});

describe("registriesYaml", () => {
  test.each([
    ["http://mirror:5000/docker.io", "http://mirror:5000/v2/docker.io"],
    ["http://mirror:5000/v2/docker.io", "http://mirror:5000/v2/docker.io"],
    ["https://mirror.example/a/b/", "https://mirror.example/v2/a/b"],
    ["http://mirror:5000", "http://mirror:5000"],
    ["http://mirror:5000/", "http://mirror:5000"],
    ["mirror:5000/docker.io", "mirror:5000/v2/docker.io"],
  ])("%s becomes the endpoint %s", (address, endpoint) => {
    expect(parse(createRegistriesYaml({ "docker.io": address }) ?? "")).toEqual({
      mirrors: { "docker.io": { endpoint: [endpoint] } },
    });
  });

  test("has every registry and no URL prefix", () => {
    const yaml = createRegistriesYaml({ "https://": "http://m", "quay.io": "http://m:1", "*": "http://m:2" });
    expect(Object.keys(parse(yaml ?? "").mirrors)).toEqual(["quay.io", "*"]);
    expect(createRegistriesYaml({ "https://": "http://m" })).toBeUndefined();
  });

  test("has what registries want to see, by the host that is asked", () => {
    const yaml = createRegistriesYaml(
      { "quay.io": "http://mirror:5000/quay.io" },
      {
        "docker.io": { credentials: { username: "ci", password: "a: #1" } },
        "mirror:5000": { credentials: undefined, ca: "/etc/ca.pem" },
        "lab.example": { credentials: undefined, insecure: true },
        "nothing.example": { credentials: undefined },
      },
    );
    expect(parse(yaml ?? "")).toEqual({
      mirrors: { "quay.io": { endpoint: ["http://mirror:5000/v2/quay.io"] } },
      configs: {
        "registry-1.docker.io": { auth: { username: "ci", password: "a: #1" } },
        "mirror:5000": { tls: { ca_file: "/etc/ca.pem" } },
        "lab.example": { tls: { insecure_skip_verify: true } },
      },
    });
  });

  test("of logins alone there is a file too", () => {
    const login = { "quay.io": { credentials: { username: "a", password: "b" } } };
    expect(Object.keys(parse(createRegistriesYaml({}, login) ?? ""))).toEqual(["configs"]);
  });
});
