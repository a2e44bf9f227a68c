"""Measurements of the publisher and the consumer against the limit of the machine: `make bench`."""
