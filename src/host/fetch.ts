import { getCACertificates } from "node:tls";
import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from "undici";
import type { Host, Trust } from "./host.ts";
import { findProxy } from "./proxy.ts";

const connectTimeoutMs = 10_000;

/** undici's own default of five minutes. */
const defaultStallMs = 300_000;

/**
 * Sends a request to the stack. Does not use Node's own fetch: up to undici 7, which Node 24 has, a server that closes
 * a connection during a read ends the whole process (https://github.com/nodejs/undici/issues/5360).
 */
export const fetchInside: Host["fetch"] = async (url, { trust, ...init } = {}) => {
  const undiciInit: unknown = trust === undefined ? init : { ...init, dispatcher: getAgent(trust) };
  // The same interface, declared twice.
  return (await undiciFetch(url, undiciInit as Parameters<typeof undiciFetch>[1])) as unknown as Response;
};

const agents = new Map<string, Agent>();

/** Returns the agent for a way to verify certificates. The agent keeps its connections. */
function getAgent(trust: Trust): Agent {
  const key = JSON.stringify(trust);
  const agent = agents.get(key) ?? new Agent({ connect: toTlsOptions(trust) });
  agents.set(key, agent);
  return agent;
}

/**
 * Returns the function that sends requests to the internet, through the environment's proxy if it applies to the
 * address. Node's own fetch reads these variables only if it is configured before it starts, and then for the stack's
 * requests too.
 */
export function createFetchOutside(
  env: Host["env"],
  timeouts: { readonly connectMs: number } = { connectMs: connectTimeoutMs },
): Host["fetchOutside"] {
  const connect = { timeout: timeouts.connectMs };
  const dispatchers = new Map<string, Dispatcher>();
  const getDispatcher = (proxy: URL | undefined, trust: Trust, stallMs = defaultStallMs): Dispatcher => {
    const key = JSON.stringify([proxy?.href, trust.ca, trust.insecure, stallMs]);
    const existing = dispatchers.get(key);
    if (existing) return existing;
    const targetTls = { ...connect, ...toTlsOptions(trust) };
    const stallTimeouts = { headersTimeout: stallMs, bodyTimeout: stallMs };
    const dispatcher = proxy
      ? // Plain http goes to the proxy without a tunnel: many proxies refuse a tunnel to port 80.
        new ProxyAgent({
          uri: proxy.href,
          proxyTunnel: false,
          requestTls: targetTls,
          proxyTls: connect,
          ...stallTimeouts,
        })
      : new Agent({ connect: targetTls, ...stallTimeouts });
    dispatchers.set(key, dispatcher);
    return dispatcher;
  };
  return async (url, { trust = {}, stallMs, ...init } = {}) => {
    // Node's types have a dispatcher of another version.
    const options: unknown = { ...init, dispatcher: getDispatcher(findProxy(url, env), trust, stallMs) };
    return await fetchInside(url, options as RequestInit);
  };
}

/**
 * Returns the TLS options of a connection. Node's `ca` replaces its own authorities and those of NODE_EXTRA_CA_CERTS,
 * so these are added.
 */
function toTlsOptions({ ca, insecure }: Trust) {
  return {
    ...(ca !== undefined && { ca: [...getCACertificates("default"), ca] }),
    ...(insecure && { rejectUnauthorized: false }),
  };
}
