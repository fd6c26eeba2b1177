import {
  type ApiConstructor,
  type ApiType,
  type Configuration,
  type DispatcherOptions,
  KubeConfig,
  type RequestContext,
  type User,
} from "@kubernetes/client-node";
import type { buildConnector, Dispatcher } from "undici";
import { isRunnersVariable } from "../host/child-environment.ts";
import { BoundedHttp } from "../host/kube-http.ts";

/**
 * Connection options that allow only HTTP/1.1. In a shared HTTP/2 session, an error of one request could break all
 * others.
 */
const http1: object = { allowH2: false } satisfies buildConnector.BuildOptions;

/**
 * The official client's kubeconfig with shared connections. The client itself opens a connection with a TLS handshake
 * for each request and keeps it for four seconds: hundreds of connections while a stack is verified.
 */
export class SharingKubeConfig extends KubeConfig {
  /** Dispatcher of each context, since contexts can differ in server and user. */
  readonly #shared = new Map<string, Dispatcher>();

  /** Authenticates a request and sends it over the context's shared connections, unless the credentials may change. */
  override async applySecurityAuthentication(request: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(request);
    const ownDispatcher = request.getDispatcher();
    if (ownDispatcher === undefined || this.#mayRenew()) return;
    const context = this.getCurrentContext();
    const shared = this.#shared.get(context) ?? ownDispatcher;
    this.#shared.set(context, shared);
    request.setDispatcher(shared);
  }

  /**
   * Returns the current user. Hides the runner's variables from an exec plugin, which the client starts with this
   * process' environment.
   */
  override getCurrentUser(): User | null {
    const user = super.getCurrentUser();
    if (!user?.exec) return user;
    const hiddenVariables = Object.keys(process.env)
      .filter(isRunnersVariable)
      .map((name) => ({ name, value: "" }));
    return { ...user, exec: { ...user.exec, env: [...hiddenVariables, ...(user.exec.env ?? [])] } };
  }

  /** Returns an API client whose responses are limited in size. */
  override makeApiClient<T extends ApiType>(type: ApiConstructor<T>): T {
    // The client passes its configuration only to the constructor of the API, so the constructor is replaced.
    const construct = (_: ApiConstructor<T>, [configuration]: [Configuration]) =>
      new type({ ...configuration, httpApi: new BoundedHttp() });
    return super.makeApiClient(new Proxy(type, { construct }));
  }

  /** Returns the client's connection options, with HTTP/1.1 only. */
  override createDispatcherOptions(
    ...parameters: Parameters<KubeConfig["createDispatcherOptions"]>
  ): DispatcherOptions {
    const options = super.createDispatcherOptions(...parameters);
    if (options.type !== "agent") return options;
    return { ...options, connect: { ...options.connect, ...http1 } };
  }

  /** True if a plugin provides the credentials: it may return another client certificate each time. */
  #mayRenew(): boolean {
    const user = this.getCurrentUser();
    return user?.exec !== undefined || user?.authProvider !== undefined;
  }
}
