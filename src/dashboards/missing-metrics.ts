import { findNearestWord } from "../lib/suggest.ts";

/** node-exporter's metrics by their beginning, and the collector that makes them. */
const collectors: readonly (readonly [prefix: string, collector: string])[] = [
  ["node_arp_", "arp"],
  ["node_bcache_", "bcache"],
  ["node_bonding_", "bonding"],
  ["node_btrfs_", "btrfs"],
  ["node_buddyinfo_", "buddyinfo"],
  ["node_cgroups_", "cgroups"],
  ["node_cooling_device_", "thermal_zone"],
  ["node_cpu_frequency_", "cpufreq"],
  ["node_cpu_scaling_", "cpufreq"],
  ["node_cpu_vulnerabilities_", "cpu_vulnerabilities"],
  ["node_drbd_", "drbd"],
  ["node_drm_", "drm"],
  ["node_edac_", "edac"],
  ["node_ethtool_", "ethtool"],
  ["node_hwmon_", "hwmon"],
  ["node_infiniband_", "infiniband"],
  ["node_interrupts_", "interrupts"],
  ["node_ipvs_", "ipvs"],
  ["node_ksmd_", "ksmd"],
  ["node_lnstat_", "lnstat"],
  ["node_logind_", "logind"],
  ["node_md_", "mdadm"],
  ["node_memory_numa_", "meminfo_numa"],
  ["node_mountstats_", "mountstats"],
  ["node_network_route", "network_route"],
  ["node_nfs_", "nfs"],
  ["node_nfsd_", "nfsd"],
  ["node_ntp_", "ntp"],
  ["node_nvme_", "nvme"],
  ["node_pcidevice_", "pcidevice"],
  ["node_perf_", "perf"],
  ["node_power_supply_", "powersupplyclass"],
  ["node_pressure_", "pressure"],
  ["node_processes_", "processes"],
  ["node_qdisc_", "qdisc"],
  ["node_rapl_", "rapl"],
  ["node_runit_", "runit"],
  ["node_schedstat_", "schedstat"],
  ["node_slabinfo_", "slabinfo"],
  ["node_softirqs_", "softirqs"],
  ["node_supervisord_", "supervisord"],
  ["node_swap_", "swap"],
  ["node_sysctl_", "sysctl"],
  ["node_systemd_", "systemd"],
  ["node_tapestats_", "tapestats"],
  ["node_tcp_connection_states", "tcpstat"],
  ["node_thermal_zone_", "thermal_zone"],
  ["node_timex_", "timex"],
  ["node_wifi_", "wifi"],
  ["node_xfs_", "xfs"],
  ["node_zfs_", "zfs"],
  ["node_zoneinfo_", "zoneinfo"],
];

/** Returns node-exporter's collector that exposes a metric; undefined if it is not known. */
export function findCollector(metric: string): string | undefined {
  return collectors.find(([prefix]) => metric.startsWith(prefix))?.[1];
}

/**
 * Returns the existing metric that most likely replaced a missing one; undefined if none is similar. First tries longer
 * names (`node_cpu` became `node_cpu_seconds_total`), then shorter ones (`..._requests_cpu_cores` became
 * `..._requests`), then the same words in another order, then a typing error.
 */
export function findNearestMetric(missing: string, existing: readonly string[]): string | undefined {
  const words = missing.split("_");
  const family = (groupByFamily(existing).get(words[0] ?? "") ?? []).filter((name) => name !== missing);
  const longer = family.filter((name) => name.startsWith(`${missing}_`));
  if (longer.length > 0)
    // The name with the fewest words wins; half a word is added for a part of a histogram or summary.
    return pickBest(longer, (name) => -name.split("_").length - (isPlainMetric(name) ? 0 : 0.5));
  // Two words alone, such as `node_cpu`, are the beginning of many names.
  const shorter = family.filter((name) => missing.startsWith(`${name}_`) && name.split("_").length >= 3);
  if (shorter.length > 0) return pickBest(shorter, (name) => name.length);
  const likeness = new Map(family.map((name) => [name, measureLikeness(words, name)]));
  const alike = family.filter((name) => (likeness.get(name) ?? 0) >= minLikeness);
  if (alike.length > 0) return pickBest(alike, (name) => likeness.get(name) ?? 0);
  return family.find((name) => isTypo(words, name.split("_")));
}

/** The names of a list, grouped by their first word. */
const familiesByList = new WeakMap<readonly string[], Map<string, string[]>>();

/** Returns the names by their first word. A list is grouped once: each missing metric of a dashboard is compared with it. */
function groupByFamily(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const families = familiesByList.get(names) ?? Map.groupBy(names, (name) => name.split("_", 1)[0] ?? "");
  familiesByList.set(names, families);
  return families;
}

/** The share of common words from which one metric can have replaced another. */
const minLikeness = 0.6;

/** True if exactly one word differs, and only by a typing error. */
function isTypo(words: readonly string[], otherWords: readonly string[]): boolean {
  const differences = words.flatMap((word, index) =>
    word === otherWords[index] ? [] : [[word, otherWords[index] ?? ""] as const],
  );
  const [[word, intendedWord] = ["", ""]] = differences;
  return (
    words.length === otherWords.length &&
    differences.length === 1 &&
    findNearestWord(word, [intendedWord]) !== undefined
  );
}

/** True if the metric is not part of a histogram or summary: these rarely replace an old name. */
function isPlainMetric(name: string): boolean {
  return !/_(count|sum|bucket|info)$/.test(name);
}

/** Returns the share of words that both names have among all their words: 0 to 1. */
function measureLikeness(words: readonly string[], name: string): number {
  const otherWords = name.split("_");
  const shared = words.filter((word) => otherWords.includes(word)).length;
  return shared / new Set([...words, ...otherWords]).size;
}

/** Returns the name with the highest score; the first in alphabetical order among equals. */
function pickBest(names: readonly string[], score: (name: string) => number): string | undefined {
  return [...names].sort((a, b) => score(b) - score(a) || (a < b ? -1 : 1))[0];
}
