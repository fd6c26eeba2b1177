import { t as SharingKubeConfig } from "./kube-config2.js";

export { SharingKubeConfig };