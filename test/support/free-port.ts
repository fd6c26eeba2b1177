import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Ports below those that Linux gives to outgoing connections (32768 to 60999): no connection of another test takes one. */
const firstPort = 20_000;
const endPort = 32_768;

/** Returns a port of 127.0.0.1 that nothing listens on. It is random, since tests run side by side. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(firstPort, endPort);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port in 100 attempts");
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
