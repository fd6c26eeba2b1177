{{- define "prometheus.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "prometheus.server.fullname" -}}
{{- if .Values.server.fullnameOverride -}}{{ .Values.server.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-%s" (include "prometheus.fullname" .) .Values.server.name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "prometheus.namespace" -}}
{{ default .Release.Namespace .Values.forceNamespace }}
{{- end -}}

{{- define "prometheus.server.serviceAccount" -}}
{{- if .Values.serviceAccounts.server.create -}}{{ default (include "prometheus.server.fullname" .) .Values.serviceAccounts.server.name }}
{{- else -}}{{ default "default" .Values.serviceAccounts.server.name }}
{{- end -}}
{{- end -}}

{{- define "prometheus.server.matchLabels" -}}
app.kubernetes.io/component: {{ .Values.server.name }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "prometheus.server.labels" -}}
{{ include "prometheus.server.matchLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion }}
app.kubernetes.io/part-of: {{ .Chart.Name }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- with .Values.commonMetaLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* A whole image reference. Call with (dict "image" .Values.x.image "tag" "used when the image has none"). */ -}}
{{- define "prometheus.image" -}}
{{ .image.repository }}:{{ default .tag .image.tag }}{{ with .image.digest }}@{{ . }}{{ end }}
{{- end -}}

{{- /* The whole prometheus.yml, as a YAML map. */ -}}
{{- define "prometheus.server.config" -}}
{{- $given := deepCopy (index .Values.serverFiles "prometheus.yml" | default dict) -}}
{{- $jobs := list -}}
{{- range $name, $job := .Values.scrapeConfigs -}}
{{- if ne (get $job "enabled") false -}}
{{- $jobs = append $jobs (merge (dict "job_name" (default $name $job.job_name)) (omit $job "enabled" "job_name")) -}}
{{- end -}}
{{- end -}}
{{- $jobs = concat $jobs (get $given "scrape_configs" | default list) -}}
{{- with .Values.extraScrapeConfigs -}}
{{- $jobs = concat $jobs (tpl . $ | fromYamlArray) -}}
{{- end -}}
{{- $config := dict "global" .Values.server.global "scrape_configs" $jobs -}}
{{- with .Values.server.remoteWrite }}{{ $_ := set $config "remote_write" . }}{{ end -}}
{{- with .Values.server.remoteRead }}{{ $_ := set $config "remote_read" . }}{{ end -}}
{{- with .Values.server.tsdb }}{{ $_ := set $config "storage" (dict "tsdb" .) }}{{ end -}}
{{- with .Values.scrapeConfigFiles }}{{ $_ := set $config "scrape_config_files" . }}{{ end -}}
{{- if or .Values.alertmanager.enabled .Values.server.alertmanagers -}}
{{- $found := include "prometheus.server.alertmanager" . | fromYaml -}}
{{- $alerting := dict "alertmanagers" (default (list $found) .Values.server.alertmanagers) -}}
{{- $_ := set $config "alerting" (merge $alerting .Values.alertRelabelConfigs) -}}
{{- end -}}
{{ merge $config (omit $given "scrape_configs") | toYaml }}
{{- end -}}

{{- /* The release's own Alertmanager, found as a pod. */ -}}
{{- define "prometheus.server.alertmanager" -}}
kubernetes_sd_configs: [{role: pod}]
{{- with .Values.alertmanager.prefixURL }}
path_prefix: {{ . }}
{{- end }}
relabel_configs:
  - {action: keep, source_labels: [__meta_kubernetes_namespace], regex: {{ .Release.Namespace | quote }}}
  - {action: keep, source_labels: [__meta_kubernetes_pod_label_app_kubernetes_io_instance], regex: {{ .Release.Name | quote }}}
  - {action: keep, source_labels: [__meta_kubernetes_pod_label_app_kubernetes_io_name], regex: {{ default "alertmanager" .Values.alertmanager.nameOverride | quote }}}
  - {action: keep, source_labels: [__meta_kubernetes_pod_container_port_number], regex: "9093"}
{{- end -}}
