"""How much memory a process has taken at most."""

from pathlib import Path


def peak_kib() -> int:
    """The largest resident memory of this process so far, in KiB.

    From `VmHWM` of `/proc/self/status`, which starts anew with each program. `ru_maxrss` does not: by
    getrusage(2) a program inherits over execve what its parent had taken, here all of pytest's.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise OSError("/proc/self/status has no VmHWM: this kernel does not count memory")
