{{/* One pod of a feed. Takes {root, workload, name}: the same for Deployments and StatefulSets. */}}
{{- define "pykraken.pod" -}}
{{- $root := .root -}}
{{- $work := .workload -}}
{{- $feed := $work.feed -}}
{{- $values := $root.Values -}}
{{- $redis := $values.redis -}}
{{- $secrets := include "pykraken.secretSources" $root -}}
{{- $snapshot := merge (dict) ($feed.snapshot | default dict) $values.defaults.snapshot -}}
{{- $settings := merge (dict) ($feed.settings | default dict) $values.defaults.settings -}}
{{- $resources := $feed.resources | default $values.defaults.resources -}}
metadata:
  labels:
    {{- include "pykraken.labels" $root | nindent 4 }}
    app.kubernetes.io/component: publisher
    pykraken/feed: {{ $work.name }}
    {{- with $values.podLabels }}{{ toYaml . | nindent 4 }}{{- end }}
  {{- with $values.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "pykraken.serviceAccount" $root }}
  automountServiceAccountToken: false
  # The variables of services are called like settings: PYKRAKEN_METRICS_PORT would be a URL.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile: { type: RuntimeDefault }
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: {{ $values.topologySpread.topologyKey }}
      whenUnsatisfiable: {{ $values.topologySpread.whenUnsatisfiable }}
      labelSelector:
        matchLabels:
          {{- include "pykraken.selector" $root | nindent 10 }}
          pykraken/feed: {{ $work.name }}
      {{- if not $work.keys }}
      # During an update the new pair is spread by itself, wherever the old one stands.
      matchLabelKeys: [pod-template-hash]
      {{- end }}
  containers:
    - name: publisher
      image: {{ include "pykraken.image" $root }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: [run]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        privileged: false
        capabilities: { drop: [ALL] }
      env:
        - { name: PYKRAKEN_REDIS_URL, value: {{ include "pykraken.redisUrl" $root | quote }} }
        - { name: PYKRAKEN_NAMESPACE, value: {{ $values.keyNamespace | quote }} }
        - { name: PYKRAKEN_CHANNEL, value: {{ $work.channel }} }
        {{- with $feed.symbols }}
        - { name: PYKRAKEN_SYMBOLS, value: {{ join "," . | quote }} }
        {{- end }}
        {{- with $feed.quotes }}
        - { name: PYKRAKEN_QUOTES, value: {{ join "," . | quote }} }
        {{- end }}
        {{- with $work.shard }}
        - { name: PYKRAKEN_SHARD, value: {{ . | quote }} }
        {{- end }}
        {{- with $work.line }}
        - { name: PYKRAKEN_LINE, value: {{ . }} }
        {{- end }}
        {{- with $feed.depth }}
        - { name: PYKRAKEN_DEPTH, value: {{ . | quote }} }
        {{- end }}
        {{- with $feed.interval }}
        - { name: PYKRAKEN_INTERVAL, value: {{ . | quote }} }
        {{- end }}
        {{- with $feed.trigger }}
        - { name: PYKRAKEN_TRIGGER, value: {{ . }} }
        {{- end }}
        {{- with $feed.bbo }}
        - { name: PYKRAKEN_BBO, value: "true" }
        {{- end }}
        {{- with $feed.account }}
        - { name: PYKRAKEN_ACCOUNT, value: {{ . | quote }} }
        {{- end }}
        {{- with $snapshot.intervalS }}
        - { name: PYKRAKEN_SNAPSHOT_INTERVAL_S, value: {{ . | quote }} }
        {{- end }}
        {{- with $snapshot.retentionS }}
        - { name: PYKRAKEN_RETENTION_S, value: {{ . | quote }} }
        {{- end }}
        {{- with $snapshot.ringBytes }}
        - { name: PYKRAKEN_RING_BYTES, value: {{ . | int64 | quote }} }
        {{- end }}
        {{- with $snapshot.streamMaxBytes }}
        - { name: PYKRAKEN_STREAM_MAX_BYTES, value: {{ . | int64 | quote }} }
        {{- end }}
        {{- if $work.keys }}
        # Each pod's own key, by its name: nonces of two processes with one key collide.
        - name: POD_NAME
          valueFrom: { fieldRef: { fieldPath: metadata.name } }
        - { name: PYKRAKEN_API_KEY_FILE, value: /secrets/$(POD_NAME)/key }
        - { name: PYKRAKEN_API_SECRET_FILE, value: /secrets/$(POD_NAME)/secret }
        {{- end }}
        - { name: PYKRAKEN_STATE_DIR, value: /state }
        - { name: PYKRAKEN_METRICS_PORT, value: "9100" }
        - { name: PYKRAKEN_METRICS_HOST, value: "0.0.0.0" }
        {{- range $key, $value := $settings }}
        {{- /* A whole number would read 6.7e+07. */}}
        {{- $whole := and (kindIs "float64" $value) (eq (float64 (int64 $value)) $value) }}
        - { name: {{ $key }}, value: {{ ternary (int64 $value | toString) (toString $value) $whole | quote }} }
        {{- end }}
      ports:
        - { name: metrics, containerPort: 9100, protocol: TCP }
      # Whether Kraken or Redis can be reached is asked by readiness alone: restarts would mend neither.
      startupProbe:
        httpGet: { path: /startz, port: metrics }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /livez, port: metrics }
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: metrics }
        periodSeconds: 2
        timeoutSeconds: 2
      resources: {{- toYaml $resources | nindent 8 }}
      volumeMounts:
        - { name: state, mountPath: /state }
        - { name: tmp, mountPath: /tmp }
        {{- if or $secrets $work.keys }}
        - { name: secrets, mountPath: /secrets, readOnly: true }
        {{- end }}
  volumes:
    - name: state
      emptyDir: { medium: Memory, sizeLimit: 8Mi }  # five captures of a mebibyte, and what is small
    - name: tmp
      emptyDir: { medium: Memory, sizeLimit: 16Mi }
    {{- if or $secrets $work.keys }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- with $secrets }}{{ . | trim | nindent 10 }}{{- end }}
          {{- $name := .name }}
          {{- range $number, $key := $work.keys }}
          - secret:
              name: {{ $key }}
              items:
                - { key: key, path: {{ $name }}-{{ $number }}/key }
                - { key: secret, path: {{ $name }}-{{ $number }}/secret }
          {{- end }}
    {{- end }}
{{- end -}}
