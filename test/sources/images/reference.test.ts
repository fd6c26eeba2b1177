import { expect, test } from "vitest";
import { formatImageRef, parseImageRef } from "../../../src/lib/image.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

test.each([
  ["busybox", "docker.io/library/busybox:latest"],
  ["busybox:1.38.0", "docker.io/library/busybox:1.38.0"],
  ["grafana/grafana:13.2.0", "docker.io/grafana/grafana:13.2.0"],
  ["docker.io/busybox", "docker.io/library/busybox:latest"],
  ["index.docker.io/grafana/grafana:1", "docker.io/grafana/grafana:1"],
  ["quay.io/prometheus/prometheus:v3.14.0", "quay.io/prometheus/prometheus:v3.14.0"],
  ["registry.example:5000/a", "registry.example:5000/a:latest"],
  ["localhost/a/b:x", "localhost/a/b:x"],
  ["[::1]:5000/a:x", "[::1]:5000/a:x"],
  ["Registry/a:x", "Registry/a:x"],
  ["a__b/c-d/e.f_g--h:V1.0_x-y", "docker.io/a__b/c-d/e.f_g--h:V1.0_x-y"],
  [`busybox@${digest}`, `docker.io/library/busybox@${digest}`],
  [`quay.io:443/a/b:v1@${digest}`, `quay.io:443/a/b:v1@${digest}`],
])("%s is %s", (text, whole) => {
  expect(formatImageRef(parseImageRef(text))).toBe(whole);
  expect(formatImageRef(parseImageRef(whole))).toBe(whole);
});

test("a name in parts", () => {
  expect(parseImageRef(`registry.example:5000/team/app:1.0@${digest}`)).toEqual({
    registry: "registry.example:5000",
    repository: "team/app",
    tag: "1.0",
    digest,
  });
});

test.each([
  ["", "a part of its name is empty"],
  ["grafana/", "a part of its name is empty"],
  ["a//b", "a part of its name is empty"],
  ["busybox:", "nothing after the colon is not a tag"],
  ["busybox:-1", "-1 after the colon is not a tag"],
  [`busybox:${"x".repeat(129)}`, "after the colon is not a tag"],
  ["grafana/Grafana:1", "Grafana has capital letters, which no registry allows"],
  ["BusyBox", "BusyBox has capital letters"],
  ["a/b_-c", "b_-c must be letters and digits in lower case"],
  ["a b", "a b must be letters and digits"],
  ["../etc/passwd", ".. is not a registry"],
  ["https://quay.io/a", "it is a URL"],
  ["-x.io/a", "-x.io is not a registry"],
  ["busybox@sha256:abc", "sha256:abc after the @ is not a digest"],
  ["busybox@", "nothing after the @ is not a digest"],
  [`busybox@${digest.toUpperCase()}`, "after the @ is not a digest"],
  ["ab".repeat(32), "64 hex digits alone are an id"],
  [`quay.io/${"a".repeat(250)}`, "longer than 255"],
])("%s is refused", (text, why) => {
  expect(() => parseImageRef(text)).toThrow(why);
});

test("it says what would be right", () => {
  const fixOf = (text: string) => {
    try {
      return parseImageRef(text);
    } catch (error) {
      return (error as { fix?: string }).fix;
    }
  };
  expect(fixOf("grafana/Grafana")).toBe("write grafana");
  expect(fixOf("a//b")).toContain("grafana/grafana:13.2.0");
});
