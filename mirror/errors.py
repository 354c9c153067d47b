"""What can go wrong, and how a person mends it.

MirrorError              one clear line for the terminal; exit code 1
└── UsageError           the command or a setting was wrong; exit code 2
"""

from __future__ import annotations


class MirrorError(Exception):
    """Something failed. The message says what, where, and how to mend it.

    Attributes:
        exit_code: What the command line returns (CONTRACT: 1 failed, 2 misused).
    """

    exit_code = 1


class UsageError(MirrorError):
    """The command, a setting or a file given by the user is wrong; nothing was done."""

    exit_code = 2
