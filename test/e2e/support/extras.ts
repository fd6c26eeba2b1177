import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A chart with a definition and an object of it, a hook, roles, a role that it only binds, and a claim. */
export async function writeExtras(folder: string): Promise<void> {
  const files = {
    "Chart.yaml": "apiVersion: v2\nname: extras\nversion: 0.1.0\n",
    "crds/widgets.yaml": definition("widgets", "Widget"),
    "crds/gadgets.yaml": definition("gadgets", "Gadget"),
    "templates/all.yaml": objects,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, "extras", path, ".."), { recursive: true });
    await writeFile(join(folder, "extras", path), text);
  }
}

export function definition(plural: string, kind: string): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${plural}.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: ${kind}, plural: ${plural}, singular: ${kind.toLowerCase()}}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;
}

const objects = `apiVersion: example.com/v1
kind: Widget
metadata: {name: ours}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: first
  annotations: {helm.sh/hook: pre-install, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: first, image: "docker.io/library/busybox:1.38.0", command: ["true"]}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], resourceNames: [one], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: {{ .Release.Namespace }}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: viewer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: reader, namespace: {{ .Release.Namespace }}}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker, labels: {app.kubernetes.io/instance: extras}}
spec:
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: worker
          image: docker.io/library/busybox:1.38.0
          command: [sleep, "3600"]
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
`;
