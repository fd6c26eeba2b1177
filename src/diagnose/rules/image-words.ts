import type { Trouble } from "../troubles.ts";
import type { WorkloadWords } from "./words.ts";

/** The image in a message: with a registry or a tag, in quotes or not. */
export function imageIn(message: string): string | undefined {
  return (
    /image "([^"]+)"/.exec(message)?.[1] ??
    /([\w.-]{1,255}(?::\d{1,5})?\/[\w./-]{1,255}:[\w.-]{1,128})/.exec(message)?.[1]
  );
}

const image = ({ message }: Trouble) => imageIn(message) ?? "its image";
const imageKeys = ["image.tag", "image.repository", "image.registry", "image"];

/** Images that can't be had. */
export const imageWords: readonly WorkloadWords[] = [
  {
    id: "image-not-found",
    rules: ["image-not-found"],
    layer: "image",
    title: "An image or its tag does not exist",
    what: (trouble) => `the image ${image(trouble)} does not exist`,
    keys: imageKeys,
  },
  {
    id: "image-denied",
    rules: ["image-denied"],
    layer: "image",
    title: "A registry refuses to hand out an image",
    what: (trouble) => `the registry refuses to hand out the image ${image(trouble)}`,
    keys: ["registries", "imagePullSecrets", ...imageKeys],
  },
  {
    id: "image-rate-limit",
    shared: true,
    rules: ["image-rate-limit"],
    layer: "image",
    title: "A registry limits how often may be pulled",
    what: (trouble) => `the registry's rate limit is reached, so the image ${image(trouble)} can't be pulled`,
    keys: ["registries", "mirrors", "image.registry"],
  },
  {
    id: "image-network",
    shared: true,
    rules: ["image-network", "image-other"],
    layer: "image",
    title: "A registry can't be reached from the node",
    what: (trouble) => `the image ${image(trouble)} can't be pulled: its registry does not answer`,
    keys: ["mirrors", "image.registry"],
  },
  {
    id: "image-tls",
    rules: ["image-tls"],
    layer: "image",
    title: "A registry's certificate is not trusted",
    what: (trouble) => `the registry of the image ${image(trouble)} is not trusted`,
    keys: ["mirrors", "image.registry"],
  },
  {
    id: "image-platform",
    rules: ["image-platform"],
    layer: "image",
    title: "An image does not exist for this machine's architecture",
    what: (trouble) => `the image ${image(trouble)} does not exist for this machine's architecture`,
    keys: imageKeys,
  },
  {
    id: "image-invalid",
    rules: ["image-invalid"],
    layer: "image",
    title: "What is given as an image is no image's name",
    what: (trouble) => `${image(trouble)} is not the name of an image`,
    keys: imageKeys,
  },
  {
    id: "image-unusable",
    rules: ["image-never", "image-signature"],
    layer: "image",
    title: "An image may not be pulled, or may not be run",
    what: (trouble) => `the image ${image(trouble)} may not be used here`,
    keys: ["image.pullPolicy", ...imageKeys],
  },
  {
    id: "image-disk-full",
    shared: true,
    rules: ["image-disk-full"],
    layer: "host",
    title: "The node's disk is too full for an image",
    what: (trouble) => `the node's disk is full, so the image ${image(trouble)} can't be unpacked`,
  },
];
