"""URLs of Redis and what they say; publisher and consumer read them by rules of their own, and are
both held to this table.
"""

from __future__ import annotations

from typing import Any

GOOD: dict[str, dict[str, Any]] = {
    "redis://h": {"kind": "one", "nodes": [("h", 6379)]},
    "redis://h:7/3": {"nodes": [("h", 7)], "db": 3},
    "redis://h/": {"nodes": [("h", 6379)], "db": 0},
    "redis://h?db=2": {"db": 2},
    "redis://:p@h": {"options": {"password": "p"}},
    "redis://u:p%40%2F%3A@h": {"options": {"username": "u", "password": "p@/:"}},
    "redis://h?password=p%26q": {"options": {"password": "p&q"}},
    "redis://[::1]:7": {"nodes": [("::1", 7)]},
    "redis://[::1]": {"nodes": [("::1", 6379)]},
    "redis://h?protocol=3": {"options": {"protocol": "3"}},
    "rediss://h": {"kind": "one", "is_tls": True, "nodes": [("h", 6379)]},
    "rediss://h?ssl_cert_reqs=required&ssl_check_hostname=True": {"is_tls": True},
    "rediss://h?ssl_ca_certs=/ca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem": {
        "options": {
            "ssl_ca_certs": "/ca.pem",
            "ssl_certfile": "/c.pem",
            "ssl_keyfile": "/k.pem",
        },
    },
    "unix:///run/redis.sock": {"kind": "one", "nodes": [], "path": "/run/redis.sock"},
    "unix://u:p@/run/r.sock?db=4": {
        "path": "/run/r.sock",
        "db": 4,
        "options": {"username": "u", "password": "p", "db": "4"},
    },
    "redis+sentinel://h/m": {"kind": "sentinel", "nodes": [("h", 26379)], "master": "m", "db": 0},
    "redis+sentinel://u:p@h:1,i,[::1]:3/m/2": {
        "kind": "sentinel",
        "is_tls": False,
        "nodes": [("h", 1), ("i", 26379), ("::1", 3)],
        "master": "m",
        "db": 2,
        "options": {"username": "u", "password": "p"},
    },
    "rediss+sentinel://h/m?sentinel_username=s&sentinel_password=q": {
        "kind": "sentinel",
        "is_tls": True,
        "options": {"sentinel_username": "s", "sentinel_password": "q"},
    },
    "redis+sentinel://h/m?password_file=/p&sentinel_password_file=/q": {
        "options": {"password_file": "/p", "sentinel_password_file": "/q"},
    },
    "redis+cluster://u:p@h:7000,i:7001": {
        "kind": "cluster",
        "is_tls": False,
        "nodes": [("h", 7000), ("i", 7001)],
        "options": {"username": "u", "password": "p"},
    },
    "rediss+cluster://h": {"kind": "cluster", "is_tls": True, "nodes": [("h", 6379)]},
    "redis+cluster://h/0": {"kind": "cluster", "db": 0},
}
"""URL: attributes of what it says."""

BAD = {
    "": "redis://... or rediss://... or unix://... or redis+sentinel://...",
    "localhost:6379": "rediss+cluster://...",
    "http://h": "must be a URL redis://...",
    "redis-sentinel://h/m": "redis+sentinel://...",
    "redis://": "with a host",
    "redis://:s3cret@": "with a host",
    "redis://h:": "a port below 65536",
    "redis://h:0": "a port below 65536",
    "redis://h:99999": "a port below 65536",
    "redis://u:s3cret/t@h": "a port below 65536",
    "redis://h:x": "a port below 65536",
    "redis://[::1": "with a host",
    "redis://::1:6379": "in brackets",
    "redis://h/x": "a number as the database",
    "redis://h/-1": "a number as the database",
    "redis://h/1/2": "end behind the number",
    "redis://h/1?db=2": "not both",
    "redis://h1,h2": "one host",
    "redis://u:s3cret@h1,h2": "redis+sentinel or redis+cluster",
    "redis+sentinel://h": "name the master",
    "redis+sentinel://h/": "name the master",
    "redis+sentinel://h/0/m": "a number as the database",
    "redis+sentinel://h,/m": "one behind each comma",
    "redis+sentinel://h/m/0/0": "end behind the number",
    "redis+cluster://h/1": "leave the database out",
    "redis+cluster://h?db=1": "leave the database out",
    "redis+cluster://": "with a host",
    "unix://": "three slashes",
    "unix://tmp/r.sock": "three slashes",
    "redis://h?ssl_ca_certs=/ca": "rediss://",
    "rediss://h?ssl_cert_reqs=none": "always verified",
    "rediss://h?ssl_check_hostname=false": "always verified",
    "rediss://h?ssl_keyfile=/k": "ssl_certfile",
    "redis://h?protocol=1": "protocol=2 or protocol=3",
    "redis://h?timeout=3": "behind the ? only db",
    "redis://h?db": "name=value",
    "redis://h?db=1&db=2": "once",
    "redis://u@h": "a password",
    "redis://h?username=u": "a password",
    "redis://u:s3cret@h?password=s3cret": "not both",
    "redis://:s3cret@h?password_file=/p": "not both",
    "redis://h?sentinel_password=s3cret": "redis+sentinel://",
    "redis+sentinel://h/m?sentinel_password=s3cret&sentinel_password_file=/p": "not both",
}
"""URL: what the refusal must say."""
