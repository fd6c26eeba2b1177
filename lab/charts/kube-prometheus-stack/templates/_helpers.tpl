{{- define "stack.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}{{ .Values.fullnameOverride | trunc 26 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}{{ .Release.Name | trunc 26 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-%s" .Release.Name $name | trunc 26 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "stack.namespace" -}}
{{ default .Release.Namespace .Values.namespaceOverride }}
{{- end -}}

{{- /* The custom resource's name: (dict "root" $ "of" "prometheus"). */ -}}
{{- define "stack.crname" -}}
{{ include "stack.fullname" .root }}{{ if not .root.Values.cleanPrometheusOperatorObjectNames }}-{{ .of }}{{ end }}
{{- end -}}

{{- define "stack.serviceAccount" -}}
{{- $account := (get .root.Values .of).serviceAccount -}}
{{ default (ternary (printf "%s-%s" (include "stack.fullname" .root) .of) "default" $account.create) $account.name }}
{{- end -}}

{{- define "stack.labels" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.Version }}
app.kubernetes.io/part-of: {{ default .Chart.Name .Values.nameOverride }}
chart: {{ .Chart.Name }}-{{ .Chart.Version }}
release: {{ .Release.Name | quote }}
heritage: {{ .Release.Service | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* (dict "root" $ "of" "prometheus"): name, namespace and labels of an object. */ -}}
{{- define "stack.metadata" -}}
name: {{ include "stack.fullname" .root }}-{{ .of }}
namespace: {{ include "stack.namespace" .root }}
labels:
  app: {{ default .root.Chart.Name .root.Values.nameOverride }}-{{ .of }}
  {{- include "stack.labels" .root | nindent 2 }}
{{- end -}}

{{- define "stack.image" -}}
{{- $tag := default .tag .image.tag -}}
{{ default .image.registry .root.Values.global.imageRegistry }}/{{ .image.repository }}:{{ $tag }}{{ with .image.sha }}@sha256:{{ . }}{{ end }}
{{- end -}}

{{- /* What upstream's templates leave out when it is empty, left out: (dict "spec" map "without" list). */ -}}
{{- define "stack.spec" -}}
{{- $spec := dict -}}
{{- range $key, $value := .spec -}}
{{- if not (or (has $key $.without) (kindIs "invalid" $value)) -}}
{{- if or (kindIs "bool" $value) $value -}}{{- $_ := set $spec $key $value -}}{{- end -}}
{{- end -}}
{{- end -}}
{{ toYaml $spec }}
{{- end -}}

{{- /* The release's own label unless a selector is set or nothing shall be asked: (dict "root" $ "kind" "serviceMonitor"). */ -}}
{{- define "stack.selector" -}}
{{- $spec := .root.Values.prometheus.prometheusSpec -}}
{{- if get $spec (printf "%sSelector" .kind) -}}{{ toJson (get $spec (printf "%sSelector" .kind)) }}
{{- else if get $spec (printf "%sSelectorNilUsesHelmValues" .kind) -}}{{ toJson (dict "matchLabels" (dict "release" .root.Release.Name)) }}
{{- else -}}{}
{{- end -}}
{{- end -}}

{{- define "stack.serviceMonitorInterval" -}}
{{- with .interval }}
interval: {{ . }}
{{- end -}}
{{- end -}}
