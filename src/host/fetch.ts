import { getCACertificates } from "node:tls";
import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from "undici";
import type { Host, Trust } from "./host.ts";
import { findProxy } from "./proxy.ts";

const connectTimeoutMs = 10_000;

/** undici's own default of five minutes. */
const defaultStallMs = 300_000;

/**
 * Requests to the stack. Not Node's own fetch: up to undici 7, which Node 24 has, a server that closes its connection while
 * somebody is still reading ends the whole process (https://github.com/nodejs/undici/issues/5360).
 */
export const fetchInside: Host["fetch"] = async (url, { trust, ...init } = {}) => {
  const given: unknown = trust === undefined ? init : { ...init, dispatcher: getAgent(trust) };
  // The same interface, declared twice.
  return (await undiciFetch(url, given as Parameters<typeof undiciFetch>[1])) as unknown as Response;
};

const agents = new Map<string, Agent>();

/** Returns the agent for a way to verify certificates. It keeps the connections. */
function getAgent(trust: Trust): Agent {
  const key = JSON.stringify(trust);
  const agent = agents.get(key) ?? new Agent({ connect: toTlsOptions(trust) });
  agents.set(key, agent);
  return agent;
}

/**
 * Requests to the world: through the proxy that the environment names, if it does for that address. Node's own fetch
 * reads these variables only if it is configured so before it starts, and then for every request, the stack's own included.
 */
export function createFetchOutside(
  env: Host["env"],
  timeouts: { readonly connectMs: number } = { connectMs: connectTimeoutMs },
): Host["fetchOutside"] {
  const connect = { timeout: timeouts.connectMs };
  const ways = new Map<string, Dispatcher>();
  const way = (proxy: URL | undefined, trust: Trust, stallMs = defaultStallMs): Dispatcher => {
    const key = JSON.stringify([proxy?.href, trust.ca, trust.insecure, stallMs]);
    const known = ways.get(key);
    if (known) return known;
    const target = { ...connect, ...toTlsOptions(trust) };
    const stall = { headersTimeout: stallMs, bodyTimeout: stallMs };
    const made = proxy
      ? // Plain http is handed to the proxy as it is: many refuse to open a tunnel to port 80.
        new ProxyAgent({
          uri: proxy.href,
          proxyTunnel: false,
          requestTls: target,
          proxyTls: connect,
          ...stall,
        })
      : new Agent({ connect: target, ...stall });
    ways.set(key, made);
    return made;
  };
  return async (url, { trust = {}, stallMs, ...init } = {}) => {
    // Node's types have a dispatcher of another version.
    const options: unknown = { ...init, dispatcher: way(findProxy(url, env), trust, stallMs) };
    return await fetchInside(url, options as RequestInit);
  };
}

/** Returns the options for a connection. Node's `ca` replaces its own authorities, those of NODE_EXTRA_CA_CERTS included. */
function toTlsOptions({ ca, insecure }: Trust) {
  return {
    ...(ca !== undefined && { ca: [...getCACertificates("default"), ca] }),
    ...(insecure && { rejectUnauthorized: false }),
  };
}
