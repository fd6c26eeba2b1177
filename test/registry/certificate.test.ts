import { X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createLoopbackCertificate } from "../../src/registry/certificate.ts";
import { ask } from "./pulling.ts";

async function serveWith({ key, certificate }: { key: string; certificate: string }, port = 0) {
  const server = createServer({ key, cert: certificate }, (_request, response) => response.end("here"));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const own = createLoopbackCertificate(Date.now());

test("the certificate is for the loopback address and is signed by itself", () => {
  const parsed = new X509Certificate(own.certificate);
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(parsed.checkIP("127.0.0.2")).toBeUndefined();
  expect(parsed.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(Date.parse(parsed.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(parsed.validTo)).toBeGreaterThan(Date.now() + 5 * 365 * 86_400_000);
});

test("it is valid in 2050 and later too", () => {
  const parsed = new X509Certificate(createLoopbackCertificate(Date.parse("2055-06-01")).certificate);
  expect(parsed.validTo).toContain("2065");
});

test("hundreds of them can be read", () => {
  for (let made = 0; made < 300; made++)
    new X509Certificate(createLoopbackCertificate(Date.now()).certificate);
});

test("who has the key is known by the certificate", async () => {
  await using server = await serveWith(own);
  const address = { host: "", url: `https://127.0.0.1:${server.port}`, certificate: own.certificate };
  expect((await ask(address, "/")).body.toString()).toBe("here");
});

test("who has taken the port with another key is not", async () => {
  const other = createLoopbackCertificate(Date.now());
  await using server = await serveWith(other);
  const address = { host: "", url: `https://127.0.0.1:${server.port}`, certificate: own.certificate };
  await expect(ask(address, "/")).rejects.toThrow(
    /self-signed certificate|signature failure|unable to verify/,
  );
});
