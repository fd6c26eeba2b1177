import type { Failure } from "./failure.ts";

/**
 * Returns the first image that a message names; undefined if there is none. An image without quotes needs a registry
 * or repository path, and a tag.
 */
export function findImage(message: string): string | undefined {
  return (
    /image "([^"]+)"/.exec(message)?.[1] ??
    /([\w.-]{1,255}(?::\d{1,5})?\/[\w./-]{1,255}:[\w.-]{1,128})/.exec(message)?.[1]
  );
}

/** Returns the image that a message names, or `its image`. */
const describeImage = ({ input }: RegExpExecArray) => findImage(input) ?? "its image";
const imageKeys = ["image.tag", "image.repository", "image.registry", "image"];
/**
 * Milliseconds after which the kubelet's second attempt, after 10 to 15 s, has failed too. The third one follows after
 * 30 s at the earliest.
 */
const secondPullMs = 17_000;

/**
 * Failures to pull an image, as kubelet and containerd 1.7 to 2.x report them. The message follows the container's
 * reason.
 */
export const imageFailures: readonly Failure[] = [
  {
    id: "image-rate-limit",
    layer: "image",
    title: "A registry limits how often may be pulled",
    matches: /429 Too Many|toomanyrequests|too many requests|pull rate limit/i,
    explanation: (match) =>
      `the registry's rate limit is reached, so the image ${describeImage(match)} can't be pulled`,
    fix: "The registry limits how often may be pulled: log in to it (`registries:`), pull from a mirror (`mirrors:`), or fetch each image once with `monstack lock` and a cache, or from a bundle.",
    keys: ["registries", "mirrors", "image.registry"],
    isShared: true,
  },
  {
    id: "image-network",
    aliases: ["image-other"],
    layer: "image",
    title: "A registry can't be reached from the node",
    gracePeriod: secondPullMs,
    keys: ["mirrors", "image.registry"],
    isShared: true,
    variants: [
      {
        matches:
          /i\/o timeout|no such host|server misbehaving|connection re(fused|set)|TLS handshake timeout|\bEOF\b|no route to host|network is unreachable|context (deadline exceeded|canceled)|temporary failure|unexpected status.{0,300}\b50[0234]\b|service unavailable|bad gateway|RegistryUnavailable|pull QPS exceeded/i,
        explanation: (match) =>
          `the image ${describeImage(match)} can't be pulled: its registry does not answer`,
        fix: "The registry can't be reached from the node: check the network, DNS and proxy, or name a mirror (`mirrors:`).",
      },
      {
        explanation: (match) => `the image ${describeImage(match)} can't be pulled`,
        fix: "Check the image's name and tag in the values, and that this machine can reach its registry.",
      },
    ],
  },
  {
    id: "image-platform",
    layer: "image",
    title: "An image does not exist for this machine's architecture",
    matches: /no match(ing manifest)? for (platform|linux)|no matching manifest/i,
    explanation: (match) =>
      `the image ${describeImage(match)} does not exist for this machine's architecture`,
    fix: "The image does not exist for this machine's architecture: choose another tag.",
    keys: imageKeys,
  },
  {
    id: "image-tls",
    layer: "image",
    title: "A registry's certificate is not trusted",
    matches: /x509:|server gave HTTP response to HTTPS client|failed to verify certificate/i,
    explanation: (match) => `the registry of the image ${describeImage(match)} is not trusted`,
    fix: "The registry's certificate is not trusted, or it speaks plain HTTP: name its authority (`registries: {HOST: {ca: FILE}}`), or fix its entry in `mirrors:`.",
    keys: ["mirrors", "image.registry"],
  },
  {
    id: "image-denied",
    layer: "image",
    title: "A registry refuses to hand out an image",
    matches: /unauthorized|access denied|denied:|insufficient_scope|403 forbidden|no basic auth credentials/i,
    explanation: (match) => `the registry refuses to hand out the image ${describeImage(match)}`,
    fix: "The registry refuses: the image's name is wrong, or it needs credentials (`registries:`, in somebody else's cluster imagePullSecrets).",
    keys: ["registries", "imagePullSecrets", ...imageKeys],
  },
  {
    id: "image-not-found",
    layer: "image",
    title: "An image or its tag does not exist",
    matches: /not found|manifest unknown|repository does not exist|NAME_UNKNOWN/i,
    explanation: (match) => `the image ${describeImage(match)} does not exist`,
    fix: "There is no such image or tag: correct the image's name or tag in the values.",
    keys: imageKeys,
  },
  {
    id: "image-disk-full",
    layer: "host",
    title: "The node's disk is too full for an image",
    matches: /no space left on device/i,
    explanation: (match) => `the node's disk is full, so the image ${describeImage(match)} can't be unpacked`,
    fix: "The node's disk is full: free some space.",
    isShared: true,
  },
  {
    id: "image-invalid",
    layer: "image",
    title: "The name of an image is invalid",
    matches:
      /InvalidImageName|invalid reference format|couldn't parse image|failed to apply default image tag/i,
    explanation: (match) => `${describeImage(match)} is not the name of an image`,
    fix: "This is not an image's name: correct it in the values.",
    keys: imageKeys,
  },
  {
    id: "image-unusable",
    aliases: ["image-never", "image-signature"],
    layer: "image",
    title: "An image may not be pulled, or may not be run",
    keys: ["image.pullPolicy", ...imageKeys],
    variants: [
      {
        matches: /not present with pull policy of Never/i,
        explanation: (match) => `the image ${describeImage(match)} is not on the node and may not be pulled`,
        fix: "The image is not on the node and may not be pulled: import it (`k3s.images`), or set another pullPolicy.",
      },
      {
        matches: /SignatureValidationFailed/i,
        explanation: (match) => `the signature of the image ${describeImage(match)} could not be verified`,
        fix: "The image's signature could not be verified: use a signed image, or change the node's policy.",
      },
    ],
  },
];
