import { eventTime, type KubeEvent } from "../../kube/objects.ts";
import { columns } from "./columns.ts";

/** One line an event, the latest last. */
export function eventsTable(events: readonly KubeEvent[]): string {
  const sorted = [...events].sort((a, b) => eventTime(a) - eventTime(b));
  const rows = sorted.map((event) => {
    const { involvedObject: of, metadata, type = "", reason = "", message = "" } = event;
    const time = eventTime(event);
    const count = event.series?.count ?? event.count ?? 1;
    return [
      time > 0 ? new Date(time).toISOString().replace(/\.\d+Z$/, "Z") : "?",
      type,
      reason,
      `${of.kind}/${of.name}`,
      metadata.namespace ?? "",
      `${message.replaceAll(/\s+/g, " ").trim()}${count > 1 ? ` (${count} times)` : ""}`,
    ];
  });
  return columns([["TIME", "TYPE", "REASON", "OBJECT", "NAMESPACE", "MESSAGE"], ...rows]);
}
