import {
  IsomorphicFetchHttpLibrary,
  Observable,
  type RequestContext,
  ResponseContext,
} from "@kubernetes/client-node";
import { readBody } from "./read-body.ts";

/** All objects of a kind in a big cluster come in one response. */
const mostBytes = 128 * 1024 ** 2;

/** The official client's transport, with an end to how much of a response is read. */
export class BoundedHttp extends IsomorphicFetchHttpLibrary {
  readonly #mostBytes: number;

  constructor(most: number = mostBytes) {
    super();
    this.#mostBytes = most;
  }

  override send(request: RequestContext): Observable<ResponseContext> {
    const sent = super.send(request).toPromise();
    return new Observable(sent.then((response) => this.#bounded(response)));
  }

  #bounded({ httpStatusCode, headers, body }: ResponseContext): ResponseContext {
    const text = () => readBody(body.stream(), this.#mostBytes);
    return new ResponseContext(httpStatusCode, headers, {
      text,
      binary: async () => Buffer.from(await text()),
      stream: () => body.stream(),
    });
  }
}
