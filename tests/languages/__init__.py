"""One harness for the consumer libraries of all languages: consumers/spec/CONFORMANCE.md."""
