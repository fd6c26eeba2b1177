import { expect, test } from "vitest";
import { listNeededImages, selectStartedImages } from "../../src/cluster/launch.ts";

/** As k3s v1.36 lists them. */
const list = [
  "docker.io/rancher/klipper-helm:v0.9.8-build20250709",
  "docker.io/rancher/klipper-lb:v0.4.13",
  "docker.io/rancher/local-path-provisioner:v0.0.37",
  "docker.io/rancher/mirrored-coredns-coredns:1.14.6",
  "docker.io/rancher/mirrored-library-busybox:1.37.0",
  "docker.io/rancher/mirrored-library-traefik:3.3.6",
  "docker.io/rancher/mirrored-metrics-server:v0.9.0",
  "docker.io/rancher/mirrored-pause:3.10.2",
];
const short = (images: string[]) => images.map((image) => image.replace(/^.*\/(.*?)(:.*)?$/, "$1"));

test("of k3s' images those are started whose parts monstack leaves on", () => {
  const started = [
    "local-path-provisioner",
    "mirrored-coredns-coredns",
    "mirrored-library-busybox",
    "mirrored-pause",
  ];
  expect(short(selectStartedImages(list, []))).toEqual(started);
  expect(short(listNeededImages([])).toSorted()).toEqual(started);
});

test("a user's own --disable takes the place of monstack's", () => {
  expect(
    short(selectStartedImages(list, ["--disable=local-storage,coredns", "--disable", "traefik"])),
  ).toEqual(["klipper-lb", "mirrored-metrics-server", "mirrored-pause"]);
});

test("what a later k3s brings along is not left out", () => {
  const later = "docker.io/rancher/something-new:v1";
  expect(selectStartedImages([...list, later], [])).toContain(later);
});
