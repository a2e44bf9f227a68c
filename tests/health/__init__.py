"""Tests of the health endpoint, asked over HTTP as Prometheus and a supervisor would."""
