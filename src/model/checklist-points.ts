/** The points of the production checklist, in its order; each is a check of this id. */
export const checklistPoints = [
  {
    id: "production-persistence",
    title: "Prometheus, Alertmanager and Grafana keep their data on volumes",
    meaning: "What was measured, silenced or drawn is gone with the next restart of a pod.",
    fix: "set storage.prometheus, storage.alertmanager and storage.grafana, e.g. 50Gi, 2Gi and 5Gi",
  },
  {
    id: "production-retention",
    title: "Retention is set on purpose, in force, and fits the volume",
    meaning:
      "Metrics are dropped sooner than somebody needs them, or the volume fills up and Prometheus stops.",
    fix: "set retention, and retention-size to some 80 % of the volume, so that it can't fill up",
  },
  {
    id: "production-notifications",
    title: "Notifications are really delivered",
    meaning: "Alerts fire, and nobody hears of them.",
    fix: "configure Alertmanager's receivers, then try them: --send-test-notification true sends each one alert, alert-receivers capture tests them without notifying anybody",
  },
  {
    id: "production-rules",
    title: "Alerting rules watch what matters",
    meaning: "A node dies or a disk fills up, and no rule says so.",
    fix: "add alerting rules for what is named",
  },
  {
    id: "production-dashboards",
    title: "There are dashboards, and they show data",
    meaning: "Whoever looks in need finds nothing.",
    fix: "add dashboards, fix their dead panels, or name what may stay empty in the baseline file (--update-baseline true)",
  },
  {
    id: "production-rbac",
    title: "The stack may do no more than it needs",
    meaning: "Whoever gets into one of its pods can read secrets or take over the cluster.",
    fix: "take the rules that are named out of their roles",
  },
  {
    id: "production-limits",
    title: "Every container has limits, and keeps well below them",
    meaning: "One part starves the others of a node, or is killed when it is needed most.",
    fix: "set resources (requests and limits) for what is named, with room above what it uses",
  },
  {
    id: "production-backup",
    title: "There is a backup",
    meaning: "With the volume or the cluster its metrics and dashboards are lost.",
    fix: "write one with `monstack backup` regularly; where another monstack wrote it, name it or its folder with --backups",
  },
] as const;

export type PointId = (typeof checklistPoints)[number]["id"];
