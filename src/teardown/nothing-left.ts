/**
 * What the teardown proves: not one of verify's checks, since it comes when there is nothing left to ask, but described
 * as they are. Its outcome is `teardown.leaks` in the results, and exit code 4.
 */
export const nothingLeft = {
  id: "nothing-left",
  title: "After the teardown nothing is left",
  severity: "error",
  meaning:
    "A release, PVC, PV, ClusterRole, custom resource definition, namespace, mount, link, process, iptables rule, ipset, nftables table or file is there that was not there before: a self-hosted runner fills up.",
  fix: "run `monstack down` again; what it names and can't remove itself is to be removed by hand",
} as const;
