"""The deterministic fault simulation: publishers, Redis, Kraken and consumers in virtual time.

Shipped parts run unchanged: Session, Publication, Writer, Lease, Ring on one side, Follower and
Replica on the other. Models stand for the rest: Kraken, Redis (proved equal to a real server by
`test_redis_model`), the network. A seed decides everything; the same seed is the same run.
"""
