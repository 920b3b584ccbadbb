"""pack.py FORMAT ARCHIVE: packs the folder coverage with Python's tarfile; FORMAT is pax or gnu."""

import sys
import tarfile


def anonymous(entry):
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


kind, archive = sys.argv[1:]
if kind == "pax":
    # tarfile's default, not named here so that the archive follows it.
    options = {}
else:
    options = {"format": tarfile.GNU_FORMAT}
with tarfile.open(archive, "w:gz", **options) as tar:
    tar.add("coverage", filter=anonymous)
