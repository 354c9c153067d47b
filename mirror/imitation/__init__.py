"""An imitation of the two databases on a real socket, for tests, benchmarks and `mirror demo`.

Written from what is known of the sites; every word of its texts is made up.
"""

from mirror.imitation.corpus import Corpus
from mirror.imitation.server import Faults, ImitationServer

__all__ = ["Corpus", "Faults", "ImitationServer"]
