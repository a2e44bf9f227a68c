"""`pykraken doctor`: what is wrong here, each finding with its mend.

findings   what a finding is
exchange   Kraken's REST: reached, online, and whose clock agrees
server     version, policy, persistence, from INFO
rights     the commands that the publisher needs, asked of the server's own ACL
streams    each stream of the catalogue: age, last event, newest snapshot
feeds      each feed: lease and status
command    the command itself: asks, judges, prints
"""

from publisher.doctor.command import add_arguments, run

__all__ = ["add_arguments", "run"]
