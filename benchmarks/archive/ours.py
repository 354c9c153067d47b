"""Our own contestant: `index INDEX FILE...` or `verify INDEX FILE...`, with `--workers N`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mirror.verify import index as cdxj_index
from warc.indexing import index_files
from warc.verify.collection import survey
from warc.verify.examine import File


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=["index", "verify"])
    parser.add_argument("index", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    if given.task == "index":
        index_files(given.files, given.index, workers=given.workers)
        return
    files = [File(number, path, True, path.name) for number, path in enumerate(given.files)]
    with survey(files, workers=given.workers) as found:
        cdxj_index.judge(found, given.index, given.files[0].parent)
        findings = list(found.findings())
    for one in findings[:10]:
        print(one)
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
