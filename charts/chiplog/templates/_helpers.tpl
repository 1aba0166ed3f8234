{{/* The stem of every name: the release's, with the chart's behind it unless it says so already. */}}
{{- define "chiplog.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the operator's pod; it never changes, for a Deployment's selector cannot. */}}
{{- define "chiplog.operator.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* Labels of what belongs to no single part. */}}
{{- define "chiplog.labels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: chiplog
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels of what belongs to the operator. */}}
{{- define "chiplog.operator.labels" -}}
{{ include "chiplog.labels" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* What selects the compactor's pod. */}}
{{- define "chiplog.compactor.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: compactor
{{- end -}}

{{/* Labels of what belongs to the compactor. */}}
{{- define "chiplog.compactor.labels" -}}
{{ include "chiplog.labels" . }}
app.kubernetes.io/component: compactor
{{- end -}}

{{/* Not empty where there is a compactor: it is wanted, and has a way into the bucket. */}}
{{- define "chiplog.compactor.enabled" -}}
{{- $credentials := .Values.bucket.credentials -}}
{{- if and .Values.compactor.enabled (or (ne $credentials.mode "web-identity") $credentials.compactorRoleArn) -}}
true
{{- end -}}
{{- end -}}

{{/* Where the bucket is, for any part of ours. */}}
{{- define "chiplog.bucketEnvironment" -}}
- name: CHIPLOG_BUCKET
  value: {{ .Values.bucket.url | quote }}
- name: AWS_REGION
  value: {{ .Values.bucket.region | quote }}
{{- with .Values.bucket.endpoint }}
- name: AWS_ENDPOINT_URL_S3
  value: {{ . | quote }}
{{- end }}
{{- with .Values.bucket.stsEndpoint }}
- name: AWS_ENDPOINT_URL_STS
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* The role that a part assumes with its token, from a list of the role's ARN and the part's name. */}}
{{- define "chiplog.roleEnvironment" -}}
- name: AWS_ROLE_ARN
  value: {{ index . 0 | quote }}
- name: AWS_ROLE_SESSION_NAME
  value: chiplog-{{ index . 1 }}
- name: AWS_WEB_IDENTITY_TOKEN_FILE
  value: /var/run/secrets/chiplog.dev/bucket/token
{{- end -}}

{{/* The volume of that token. */}}
{{- define "chiplog.tokenVolume" -}}
- name: bucket-token
  projected:
    sources:
      - serviceAccountToken:
          audience: {{ .Values.bucket.credentials.audience | quote }}
          expirationSeconds: 3600
          path: token
{{- end -}}

{{/* An image's reference, from a list of the image's values and the root. */}}
{{- define "chiplog.image" -}}
{{- $image := index . 0 -}}
{{- $root := index . 1 -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default $root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* What restricted Pod Security asks of a pod of ours. */}}
{{- define "chiplog.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* What restricted Pod Security asks of a container of ours, and a read-only root besides. */}}
{{- define "chiplog.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
