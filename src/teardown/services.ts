import type { Step } from "../journal/types.ts";
import { shorten } from "../lib/text.ts";
import { type Api, type Leftover, readObject, show } from "./cluster-objects.ts";

/** A Service that something deployed made without a release owning it. */
interface Service {
  readonly namespace: string;
  readonly name: string;
}

const requestMs = 15_000;

/** Deletes what an operator made and leaves behind; its endpoints go with it. */
export async function removeServices({ raw }: Api, services: readonly Service[], step: Step): Promise<void> {
  await Promise.all(
    services.map((service) => {
      const { namespace, name } = service;
      return step(`delete service ${namespace}/${name}`, async () => {
        const path = pathOf(service);
        const { status, body } = await raw.ask(path, AbortSignal.timeout(requestMs), { method: "DELETE" });
        if (status === 404) return undefined;
        if (status >= 300) throw new Error(`${path}: HTTP ${status}: ${shorten(body, 600)}`);
        return `deleted service ${namespace}/${name}, which the operator had made`;
      });
    }),
  );
}

/** Those that are still there. */
export async function servicesLeft({ raw }: Api, services: readonly Service[]): Promise<Leftover[]> {
  const found = await Promise.all(services.map((service) => readObject(raw, pathOf(service))));
  return show(
    "cluster-object",
    found.flatMap((one) => one ?? []),
  ).map((one) => ({ ...one, what: `Service ${one.what}` }));
}

function pathOf({ namespace, name }: Service): string {
  return `/api/v1/namespaces/${namespace}/services/${name}`;
}
