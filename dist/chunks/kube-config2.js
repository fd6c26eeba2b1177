import { t as SharingKubeConfig } from "./kube-config.js";

export { SharingKubeConfig };