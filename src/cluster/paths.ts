/** The places on a Linux host that k3s and the look at the host have to do with. */
export interface HostPaths {
  readonly proc: string;
  readonly sys: string;
  readonly run: string;
  readonly etcRancher: string;
  readonly varLib: string;
  readonly varLog: string;
  readonly systemdUnits: readonly string[];
}

/** The host's own paths; with `root`, the same layout below another folder, which is how the tests see a host. */
export function hostPaths(root = ""): HostPaths {
  return {
    proc: `${root}/proc`,
    sys: `${root}/sys`,
    run: `${root}/run`,
    etcRancher: `${root}/etc/rancher`,
    varLib: `${root}/var/lib`,
    varLog: `${root}/var/log`,
    systemdUnits: [
      `${root}/etc/systemd/system`,
      `${root}/usr/lib/systemd/system`,
      `${root}/lib/systemd/system`,
    ],
  };
}
