import { BlockList, isIP } from "node:net";
import { UserError } from "../lib/errors.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns the proxy that the environment sets for a URL, by the rules of Go and curl, so that helm and k3s use the same one;
 * undefined if no proxy is used. This machine's own addresses never use a proxy.
 * @throws UserError if the variable is not an http(s) address
 */
export function findProxy(url: string | URL, env: Env): URL | undefined {
  const { protocol, hostname, port } = new URL(url);
  const name = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const address = env[name.toLowerCase()] || env[name];
  if (!address || isLocal(hostname)) return undefined;
  const exceptions = env["no_proxy"] || env["NO_PROXY"] || "";
  const target = { host: stripBrackets(hostname), port: port || (protocol === "https:" ? "443" : "80") };
  if (exceptions.split(/[\s,]+/).some((entry) => matchesNoProxyEntry(entry.toLowerCase(), target)))
    return undefined;
  return parseProxy(name, address);
}

/** Returns a proxy's address without its user and password. */
export function formatProxy({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

/** Returns the proxy's address. @throws UserError if it is not an http(s) address */
function parseProxy(name: string, address: string): URL {
  const whole = address.includes("://") ? address : `http://${address}`;
  const proxy = URL.canParse(whole) ? new URL(whole) : undefined;
  if (proxy && /^https?:$/.test(proxy.protocol) && proxy.hostname !== "") return proxy;
  // Not shown as a whole: it can hold a password.
  const scheme = /^[a-z0-9+.-]+:\/\//i.exec(whole)?.[0] ?? "";
  throw new UserError(`${name} in the environment is not the address of a proxy (${scheme}...)`, {
    fix: "expected http://HOST:PORT, with USER:PASSWORD@ before the host if it wants to see a login",
  });
}

/** True for this machine's own names and addresses. */
function isLocal(hostname: string): boolean {
  const host = stripBrackets(hostname);
  return (
    host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(\.\d+){3}$/.test(host)
  );
}

/**
 * True if an entry of NO_PROXY matches. An entry is `*`, a domain (also matches its subdomains), `.domain` (subdomains
 * only), an address or a network, each with an optional port.
 */
function matchesNoProxyEntry(entry: string, target: { host: string; port: string }): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  if (entry.includes("/")) return isInNetwork(target.host, entry);
  // Without brackets an IPv6 address has no port.
  const isAddress = !entry.startsWith("[") && entry.split(":").length > 2;
  const [, host = "", port] = isAddress
    ? [entry, entry]
    : (/^(\[[^\]]*\]|[^:[]*)(?::(\d+))?$/.exec(entry) ?? []);
  if (port !== undefined && port !== target.port) return false;
  const name = stripBrackets(host).replace(/^\*\./, ".");
  if (name.startsWith(".")) return target.host.endsWith(name);
  return target.host === name || (isIP(target.host) === 0 && target.host.endsWith(`.${name}`));
}

/** True if the host is an address in the network that an entry names in CIDR notation. */
function isInNetwork(host: string, entry: string): boolean {
  const [network = "", prefix = ""] = entry.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const kind = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, Number(prefix), kind);
  return list.check(host, kind);
}

/** Returns an IPv6 address without its brackets. */
function stripBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "").toLowerCase();
}
