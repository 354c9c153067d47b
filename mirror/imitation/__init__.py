"""An imitation of the two databases on a real socket, for tests and for `mirror demo`."""
