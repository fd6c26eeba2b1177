/** The result of verifying a tool's signature. */
export type Signature =
  | {
      readonly status: "verified";
      /** The program that verified it: `gpg`, `cosign`, `gh`. */
      readonly by: string;
      /** The signer's name. */
      readonly signer: string;
    }
  | {
      readonly status: "unchecked";
      /** The reason, which completes the sentence "could not be checked: ...". */
      readonly why: string;
    };

export type ToolName = "k3s" | "helm" | "kubectl";

/** A program on this machine that was verified, or that the user named by its path. */
export interface Tool {
  readonly name: ToolName;
  /** Absolute path of the executable. */
  readonly path: string;
  /** The requested version or file, e.g. `stable`, `v1.36`, `v1.36.3+k3s1`, or the path. */
  readonly asked: string;
  /** The version that the program reports, e.g. `v1.36.3+k3s1`. */
  readonly version: string;
  /** Hex sha256 of the file as downloaded. */
  readonly sha256: string;
  /** Where the bytes came from: the URL (before mirrors), `cache` or `path`. */
  readonly origin: string;
  /** Set if `verify-signatures` is on. */
  readonly signature?: Signature;
}

/** A chart archive (or folder) on this machine. */
export interface ChartFile {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** The `appVersion` in Chart.yaml; empty if Chart.yaml has no such key. */
  readonly appVersion: string;
  /** True if its authors have declared it deprecated in Chart.yaml. */
  readonly deprecated?: boolean | undefined;
  /** Hex sha256 of the archive; undefined for a folder. */
  readonly sha256: string | undefined;
  /** The URL (before mirrors) or the path that it came from. */
  readonly origin: string;
}
