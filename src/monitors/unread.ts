import { forOperator, type OperatorObject } from "./monitors.ts";
import { type Unread, type WithoutOperator, withoutOperator } from "./refusal.ts";

/** What an app's chart renders. */
export interface RenderedObjects {
  readonly app: { readonly name: string };
  readonly objects: readonly OperatorObject[];
}

/**
 * Refuses monitors and rules in an app's chart when no app brings the operator along. `inFiles` are those of the user's
 * files, whose places are known.
 * @throws UserError with the equivalent scrape configuration
 */
export function refuseUnread(
  rendered: readonly RenderedObjects[],
  inFiles: readonly Unread[] = [],
  stack: WithoutOperator = {},
): void {
  const definesMonitors = ({ kind, metadata }: OperatorObject) =>
    kind === "CustomResourceDefinition" && metadata.name === "servicemonitors.monitoring.coreos.com";
  const isServer = ({ kind, apiVersion }: OperatorObject) =>
    kind === "Prometheus" && apiVersion.startsWith("monitoring.coreos.com/");
  if (rendered.some(({ objects }) => objects.some((one) => definesMonitors(one) || isServer(one)))) return;
  const unread = rendered.flatMap(({ app, objects }) =>
    forOperator(objects).map((object) => ({
      where: inFiles.find((one) => isSame(one.object, object))?.where ?? `app ${app.name}`,
      object,
    })),
  );
  if (unread.length > 0) throw withoutOperator(unread, stack);
}

/** What has no namespace in the file is given the app's. */
function isSame(inFile: OperatorObject, { kind, metadata }: OperatorObject): boolean {
  const { name, namespace = metadata.namespace } = inFile.metadata;
  return inFile.kind === kind && name === metadata.name && namespace === metadata.namespace;
}
