"""Runs a program on Dataproc Serverless, which knows Spark jobs only.

functions submit this as the main file of a batch, with the program among its files:

    run_binary.py [NAME=VALUE ...] PROGRAM [ARGUMENT ...]

NAME=VALUE go into the program's environment. PROGRAM is the name of a file of the batch, which Spark puts into the working
folder. The program's exit code becomes ours, except that 3 (partial) is a success to the batch: what was missing is in the
finish message. No Spark session is started.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

PARTIAL = 3


def main(arguments):
    environment = dict(os.environ)
    while arguments and re.fullmatch(r"[A-Z][A-Z0-9_]*=.*", arguments[0], re.DOTALL):
        name, _, value = arguments.pop(0).partition("=")
        environment[name] = value
    if not arguments:
        print("usage: run_binary.py [NAME=VALUE ...] PROGRAM [ARGUMENT ...]", file=sys.stderr)
        return 2
    program, rest = arguments[0], arguments[1:]
    source = find(program)
    if source is None:
        print(f"run_binary.py: {program} is not among the batch's files: give it by file_uris", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        # Files of a batch are read-only links to a cache, and not executable.
        copy = os.path.join(folder, os.path.basename(program))
        shutil.copyfile(source, copy)
        os.chmod(copy, stat.S_IRWXU)
        code = subprocess.run([copy, *rest], env=environment, check=False).returncode
    # Ended by a signal: as a shell says it.
    code = 128 - code if code < 0 else code
    print(f"run_binary.py: {program} ended with {code}", file=sys.stderr)
    return 0 if code == PARTIAL else code


def find(program):
    """The program among the batch's files, or None."""
    if os.path.isfile(program):
        return program
    try:
        from pyspark import SparkFiles
    except ImportError:
        return None
    path = SparkFiles.get(program)
    return path if os.path.isfile(path) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
