import { forOperator, type OperatorObject } from "./monitors.ts";
import { withoutOperator } from "./refusal.ts";

/** What an app's chart renders. */
export interface RenderedObjects {
  readonly app: { readonly name: string };
  readonly objects: readonly OperatorObject[];
}

/**
 * Refuses monitors and rules in an app's chart when no app brings the operator along.
 * @throws UserError with the equivalent scrape configuration
 */
export function refuseUnread(rendered: readonly RenderedObjects[]): void {
  const definesMonitors = ({ kind, metadata }: OperatorObject) =>
    kind === "CustomResourceDefinition" && metadata.name === "servicemonitors.monitoring.coreos.com";
  const isServer = ({ kind, apiVersion }: OperatorObject) =>
    kind === "Prometheus" && apiVersion.startsWith("monitoring.coreos.com/");
  if (rendered.some(({ objects }) => objects.some((one) => definesMonitors(one) || isServer(one)))) return;
  const unread = rendered.flatMap(({ app, objects }) =>
    forOperator(objects).map((object) => ({ where: `app ${app.name}`, object })),
  );
  if (unread.length > 0) throw withoutOperator(unread);
}
