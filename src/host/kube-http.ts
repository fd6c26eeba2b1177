import {
  IsomorphicFetchHttpLibrary,
  Observable,
  type RequestContext,
  ResponseContext,
} from "@kubernetes/client-node";
import { readBody } from "./read-body.ts";

/** Maximum size of a response. All objects of a kind in a big cluster come in one response. */
const maxBytes = 128 * 1024 ** 2;

/** The official client's transport, which reads no more than a maximum size of each response. */
export class BoundedHttp extends IsomorphicFetchHttpLibrary {
  readonly #maxBytes: number;

  constructor(bytes: number = maxBytes) {
    super();
    this.#maxBytes = bytes;
  }

  override send(request: RequestContext): Observable<ResponseContext> {
    const pendingResponse = super.send(request).toPromise();
    return new Observable(pendingResponse.then((response) => this.#limitBody(response)));
  }

  /** Returns the response with methods that read its body up to the maximum size. */
  #limitBody({ httpStatusCode, headers, body }: ResponseContext): ResponseContext {
    const text = () => readBody(body.stream(), this.#maxBytes);
    return new ResponseContext(httpStatusCode, headers, {
      text,
      binary: async () => Buffer.from(await text()),
      stream: () => body.stream(),
    });
  }
}
