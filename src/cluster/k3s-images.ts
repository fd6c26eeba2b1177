import { disabledParts } from "./k3s-flags.ts";

const rancher = "docker.io/rancher/";

/** The images of what k3s brings along, by what it calls the parts in `--disable`; `""` is what no flag turns off. */
const imagesOfParts: Readonly<Record<string, readonly string[]>> = {
  "": ["mirrored-pause"],
  coredns: ["mirrored-coredns-coredns"],
  // busybox is the pod that makes and removes a volume's folder.
  "local-storage": ["local-path-provisioner", "mirrored-library-busybox"],
  "metrics-server": ["mirrored-metrics-server"],
  servicelb: ["klipper-lb"],
  traefik: ["klipper-helm", "mirrored-library-traefik"],
};

/** Repositories of the images that k3s starts with these arguments of the user's. */
export function neededImages(args: readonly string[]): string[] {
  const off = disabledParts(args);
  return Object.entries(imagesOfParts)
    .filter(([part]) => !off.includes(part))
    .flatMap(([, names]) => names.map((name) => rancher + name));
}

/** Those of a release's list that k3s may start: a part that a later k3s has and this table hasn't is kept. */
export function startedImages(list: readonly string[], args: readonly string[]): string[] {
  const needed = neededImages(args);
  const known = Object.values(imagesOfParts)
    .flat()
    .map((name) => rancher + name);
  return list.filter((image) => {
    const [untagged = image, digest] = image.split("@sha256:");
    const repository = digest === undefined ? image.replace(/:[^:/]*$/, "") : untagged;
    return needed.includes(repository) || !known.includes(repository);
  });
}

/** Whether an image is one of k3s' own, whatever its version. */
export function isK3sImage(image: string): boolean {
  return image.startsWith(rancher);
}
