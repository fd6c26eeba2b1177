import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { createFetchOutside } from "../../src/host/fetch.ts";
import { findProxy, formatProxy } from "../../src/host/proxy.ts";
import { UserError } from "../../src/lib/errors.ts";

const both = { HTTP_PROXY: "http://plain:3128", HTTPS_PROXY: "http://tunnel:3128" };

describe("the proxy for an address", () => {
  test.each([
    ["none is named", {}, "https://get.helm.sh/x", undefined],
    ["https", both, "https://get.helm.sh/x", "tunnel:3128"],
    ["http", both, "http://mirror.corp/x", "plain:3128"],
    ["lower case goes first", { ...both, https_proxy: "http://lower:1" }, "https://get.helm.sh/", "lower:1"],
    ["a host and port without a scheme", { HTTPS_PROXY: "proxy:3128" }, "https://get.helm.sh/", "proxy:3128"],
    ["empty is none", { HTTPS_PROXY: "" }, "https://get.helm.sh/", undefined],
    ["this machine never", both, "http://localhost:9090/", undefined],
    ["this machine's addresses never", both, "http://127.8.0.1:9090/", undefined],
    ["the same in IPv6", both, "http://[::1]:9090/", undefined],
  ])("%s", (_name, env, url, host) => {
    expect(findProxy(url, env)?.host).toBe(host);
  });

  test.each([
    ["*", "https://get.helm.sh/", false],
    ["helm.sh", "https://get.helm.sh/", false],
    ["helm.sh", "https://nothelm.sh/", true],
    ["get.helm.sh", "https://get.helm.sh/", false],
    ["GET.helm.sh", "https://get.helm.sh/", false],
    [".helm.sh", "https://get.helm.sh/", false],
    [".get.helm.sh", "https://get.helm.sh/", true],
    ["*.helm.sh", "https://get.helm.sh/", false],
    ["get.helm.sh:443", "https://get.helm.sh/", false],
    ["get.helm.sh:8443", "https://get.helm.sh/", true],
    ["get.helm.sh:8443", "https://get.helm.sh:8443/", false],
    ["dl.k8s.io, get.helm.sh", "https://get.helm.sh/", false],
    ["dl.k8s.io get.helm.sh", "https://get.helm.sh/", false],
    ["10.0.0.0/8", "http://10.43.0.1/", false],
    ["10.0.0.0/8", "http://11.0.0.1/", true],
    ["10.0.0.0/99", "http://10.0.0.1/", true],
    ["203.0.113.1", "http://203.0.113.1:5000/", false],
    ["203.0.113.1:80", "http://203.0.113.1:5000/", true],
    ["113.1", "http://203.0.113.1/", true],
    ["fd00::/8", "http://[fd00::1]/", false],
    ["[fd00::1]:80", "http://[fd00::1]/", false],
    ["", "https://get.helm.sh/", true],
  ])("NO_PROXY=%s: %s goes through it: %s", (exceptions, url, goes) => {
    expect(findProxy(url, { ...both, NO_PROXY: exceptions }) !== undefined).toBe(goes);
    expect(findProxy(url, { ...both, no_proxy: exceptions, NO_PROXY: "other" }) !== undefined).toBe(goes);
  });

  test("is shown without its password, also when it is none", () => {
    const proxy = findProxy("https://x.example/", { HTTPS_PROXY: "http://me:s3cret@proxy:3128" });
    expect(proxy && formatProxy(proxy)).toBe("http://proxy:3128");
    const wrong = () => findProxy("https://x.example/", { HTTPS_PROXY: "socks5://me:s3cret@proxy:1080" });
    expect(wrong).toThrow(UserError);
    expect(wrong).toThrow(
      /^HTTPS_PROXY in the environment is not the address of a proxy \(socks5:\/\/\.\.\.\)$/,
    );
  });
});

test("a connection that does not come about ends in time", async () => {
  // It takes the connection and never answers the handshake.
  const mute = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const { port } = mute.address() as AddressInfo;
  const startedAt = Date.now();
  const error = await createFetchOutside(
    {},
    { connectMs: 200 },
  )(`https://127.0.0.1:${port}/`).catch((thrown: Error) => thrown.cause);
  expect(error).toMatchObject({ code: "UND_ERR_CONNECT_TIMEOUT" });
  expect(Date.now() - startedAt).toBeLessThan(5_000);
  mute.close();
});
