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

/** HTTP/1.1 only: in one HTTP/2 session, what breaks one request could break all that go on beside it. */
const http1: object = { allowH2: false } satisfies buildConnector.BuildOptions;

/**
 * The official client's kubeconfig, with connections that requests share. The client itself opens one for each request,
 * with a TLS handshake, and keeps it for four seconds more: hundreds of them while a stack is verified.
 */
export class SharingKubeConfig extends KubeConfig {
  /** By context: each may have another server and another user. */
  readonly #shared = new Map<string, Dispatcher>();

  override async applySecurityAuthentication(request: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(request);
    const own = request.getDispatcher();
    if (own === undefined || this.#mayRenew()) return;
    const context = this.getCurrentContext();
    const shared = this.#shared.get(context) ?? own;
    this.#shared.set(context, shared);
    request.setDispatcher(shared);
  }

  /** The client starts a user's plugin with this process' environment: what is the runner's own is made empty there. */
  override getCurrentUser(): User | null {
    const user = super.getCurrentUser();
    if (!user?.exec) return user;
    const hidden = Object.keys(process.env)
      .filter(isRunnersVariable)
      .map((name) => ({ name, value: "" }));
    return { ...user, exec: { ...user.exec, env: [...hidden, ...(user.exec.env ?? [])] } };
  }

  /** Its responses have an end. */
  override makeApiClient<T extends ApiType>(type: ApiConstructor<T>): T {
    // The client makes its configuration itself, and hands it only to this.
    const construct = (_: ApiConstructor<T>, [given]: [Configuration]) =>
      new type({ ...given, httpApi: new BoundedHttp() });
    return super.makeApiClient(new Proxy(type, { construct }));
  }

  override createDispatcherOptions(
    ...from: Parameters<KubeConfig["createDispatcherOptions"]>
  ): DispatcherOptions {
    const options = super.createDispatcherOptions(...from);
    if (options.type !== "agent") return options;
    return { ...options, connect: { ...options.connect, ...http1 } };
  }

  /** A plugin may hand out another client certificate each time. */
  #mayRenew(): boolean {
    const user = this.getCurrentUser();
    return user?.exec !== undefined || user?.authProvider !== undefined;
  }
}
