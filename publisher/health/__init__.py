"""The publisher's own health, served over HTTP where PYKRAKEN_METRICS_PORT asks for it.

vitals      what may be looked at from another thread
pulse       how the loop fares, noted by itself
readiness   whether the publisher is of use now
metrics     all of it in Prometheus' words (families, feed_metrics, bus_metrics)
server      `/livez`, `/startz`, `/readyz` and `/metrics`
watchdog    ends a process whose loop hangs
threads     ends a process one of whose threads fell
"""
