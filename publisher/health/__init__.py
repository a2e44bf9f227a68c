"""The publisher's own health, served over HTTP where PYKRAKEN_METRICS_PORT asks for it.

vitals    what may be looked at from another thread
metrics   the same in Prometheus' words
server    `/metrics` and `/livez`
"""
