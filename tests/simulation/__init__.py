"""The deterministic fault simulation: publishers, Redis, Kraken and consumers in virtual time.

Shipped parts run unchanged: Session, Publication, Writer, Shards, Lease, Ring on one side,
Follower, Replica and the cluster's shell on the other. Models stand for the rest: Kraken, Redis
(proved equal to real servers by `test_redis_model`, `test_cluster_model`), the network. A seed
decides everything; the same seed is the same run. One in four is on a cluster.
"""
