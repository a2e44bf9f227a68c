"""Books rebuilt and verified from the Redis Streams that pykraken writes (consumers/spec/WIRE.md)."""
