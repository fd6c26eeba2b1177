/** The points of the production checklist, in its order; each is a check of this id. */
export const checklistPoints = [
  { id: "production-persistence", title: "Prometheus, Alertmanager and Grafana keep their data on volumes" },
  { id: "production-retention", title: "Retention is set on purpose, in force, and fits the volume" },
  { id: "production-notifications", title: "Notifications are really delivered" },
  { id: "production-rules", title: "Alerting rules watch what matters" },
  { id: "production-dashboards", title: "There are dashboards, and they show data" },
  { id: "production-rbac", title: "The stack may do no more than it needs" },
  { id: "production-limits", title: "Every container has limits, and keeps well below them" },
  { id: "production-backup", title: "There is a backup" },
] as const;

export type PointId = (typeof checklistPoints)[number]["id"];
