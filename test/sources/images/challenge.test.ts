import { expect, test } from "vitest";
import { parseChallenge } from "../../../src/sources/images/login.ts";

const bearer = {
  scheme: "bearer",
  realm: "https://auth.docker.io/token",
  service: "registry.docker.io",
  scope: "repository:library/busybox:pull,push",
};
const docker =
  'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull,push"';

test.each([
  ["as docker.io writes it", docker, bearer],
  [
    "with spaces, other letters, an error",
    `bearer ${docker.slice(7).replaceAll(",s", ", S")}, error="x"`,
    bearer,
  ],
  ["beside a login, the token is preferred", `Basic realm="a, Bearer b", ${docker}`, bearer],
  ["after it as well", `${docker}, Basic realm="x"`, bearer],
  ["a login", 'Basic realm="Registry Realm"', { scheme: "basic" }],
  ["a login without a realm", "Basic", { scheme: "basic" }],
  ["a word in quotes is no scheme", 'Negotiate x="Basic realm"', undefined],
  [
    "without quotes",
    "Bearer realm=https://a/t,service=b",
    { scheme: "bearer", realm: "https://a/t", service: "b" },
  ],
  ["a realm that is no URL", 'Bearer realm="token"', undefined],
  ["another way", 'Digest realm="x"', undefined],
  ["nothing", null, undefined],
])("%s", (_name, header, expected) => {
  expect(parseChallenge(header)).toEqual(expected);
});
