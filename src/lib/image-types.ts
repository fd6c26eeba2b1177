/** An image's name, taken apart: `grafana/grafana:13.2.0` is docker.io, grafana/grafana, 13.2.0. */
export interface ImageRef {
  /** Host and port, `docker.io` where none is named. */
  readonly registry: string;
  /** `library/busybox` for `busybox`. */
  readonly repository: string;
  /** `latest` where neither it nor a digest is named; undefined beside a digest only. */
  readonly tag: string | undefined;
  /** `sha256:...`, where the name has it. */
  readonly digest: string | undefined;
}

/** An image as a lock has it: its name in the charts, whole, and what its registry said that it is. */
export interface WantedImage {
  /** `docker.io/grafana/grafana:13.2.0`. */
  readonly image: string;
  /** `sha256:...`, of its index where it has one. */
  readonly digest: string;
}

/** An image as an OCI archive on this machine, as k3s and `ctr images import` read it. */
export interface ImageArchive {
  /** As it is called in the cluster, whole: `docker.io/grafana/grafana:13.2.0`. */
  readonly image: string;
  /** What its registry says that it is; `sha256:...`. */
  readonly digest: string;
  /** Digest of its manifest for this architecture: the same as `digest` when it is built for no other. */
  readonly manifest: string;
  /** Digest of its configuration, which containerd calls the image's id. */
  readonly config: string;
  /** Absolute. */
  readonly path: string;
  /** `cache` when no byte of it was fetched. */
  readonly origin: "cache" | "registry";
}
