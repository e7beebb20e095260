"""Splits a slot on Spark: the same program and the same result as on one machine, its work cut into tasks.

functions submit this as the main file of a job or batch, with the program among its files (or start it by spark-submit):

    split_spark.py [NAME=VALUE ...] PROGRAM split --slot SLOT --lake LAKE [--now INSTANT] [--attempt N]

NAME=VALUE go into the program's environment. `PROGRAM plan` says what to read and which assets are large; `map` reads, `reduce`
writes an asset's rows once Spark has brought them together and in order, `commit` checks that all is there and writes the
manifest. Lines go from Spark into the program and back inside the JVM: no Python worker sees them. `attend` tells the
orchestrator that the stage lives, and how it ended; it tells so too when this script dies.
"""

import os
import re
import subprocess
import sys
import time

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

# Spark's own buffer between the JVM and a program is 8 KiB.
BUFFER = 1 << 20
ENDED = {0: "succeeded", 3: "partial"}
# A file of a job is a read-only link on some clusters: each worker makes one copy that can be run.
START = 'p=${TMPDIR:-/tmp}/$1; [ -x "$p" ] || { cp "$2" "$p.$$" && chmod 755 "$p.$$" && mv "$p.$$" "$p"; } && shift 2 && exec "$p" "$@"'


def main(arguments):
    environment = {}
    while arguments and re.fullmatch(r"[A-Z][A-Z0-9_]*=.*", arguments[0], re.DOTALL):
        name, _, value = arguments.pop(0).partition("=")
        environment[name] = value
    if len(arguments) < 2 or arguments[1] != "split":
        sys.exit("usage: split_spark.py [NAME=VALUE ...] PROGRAM split --slot SLOT --lake LAKE [--now INSTANT] [--attempt N]")
    program, stage = arguments[0], arguments[2:]
    own = runnable(program)
    attend = subprocess.Popen([own, "attend", *stage], env=os.environ | environment, stdin=subprocess.PIPE, text=True)
    try:
        code, message = split(own, os.path.basename(program), stage, environment)
        outcome = ENDED.get(code, "failed")
    except Exception as error:
        outcome, message = "failed", str(error)
        print(error, file=sys.stderr)
    attend.communicate(f"{outcome}\t{' '.join(message.split())[-2000:]}\n")
    # Partial is a success to the cluster: what was missing is in the finish message.
    sys.exit(0 if attend.returncode in ENDED else 1)


def split(own, name, stage, environment):
    """Runs the stage; the exit code of `commit` and its last words."""

    def run(verb, *more, lines=""):
        done = subprocess.run(
            [own, verb, *stage, *more], env=os.environ | environment, input=lines, text=True, capture_output=True
        )
        sys.stderr.write(done.stderr)
        return done

    spark = SparkSession.builder.appName("quarterday split").getOrCreate()
    context, jvm = spark.sparkContext, spark.sparkContext._jvm
    shard_rows = spark.conf.get("spark.quarterday.shardRows", "")
    plan = run("plan", *(["--shard-rows", shard_rows] if shard_rows else []))
    if plan.returncode:
        raise RuntimeError(plan.stderr.strip() or "the plan failed")
    fields = [line.split("\t") for line in plan.stdout.splitlines()]
    inputs = [field[1] for field in fields if field[0] == "input"]
    splits = [word for field in fields if field[0] == "split" for word in ("--splits", field[1])]

    strings = jvm.org.apache.spark.sql.Encoders.STRING()
    copy = f"{name}-{context.applicationId}"

    def pipe(lines, verb):
        command = ["sh", "-c", START, "sh", copy, f"./{name}", verb, *stage, *splits]
        # The five arguments matter: by default the JVM's own charset would be used.
        return lines.pipe(command, environment, False, BUFFER, "UTF-8")

    # A task for each input; at least as many partitions as the whole cluster has places, and few enough rows in each.
    mapped = pipe(context._jsc.parallelize(inputs, max(1, len(inputs))), "map")
    frame = DataFrame(spark._jsparkSession.createDataset(mapped.rdd(), strings).toDF(), spark)
    partitions = int(spark.conf.get("spark.quarterday.partitions", str(max(4 * context.defaultParallelism, len(inputs)))))
    ordered = frame.repartition(partitions, F.substring_index("value", "\t", 1)).sortWithinPartitions("value")
    lines = getattr(ordered._jdf, "as")(strings).toJavaRDD()
    # Spark keeps the lines of exactly one attempt of each task, however many it made.
    started = time.monotonic()
    reduced = list(pipe(lines, "reduce").collect())
    print(f"map and reduce: {len(inputs)} inputs, {partitions} partitions, {time.monotonic() - started:.1f} s", file=sys.stderr)
    spark.stop()
    done = run("commit", *splits, lines="".join(line + "\n" for line in reduced))
    return done.returncode, done.stderr


def runnable(program):
    """Makes the program runnable on this node, and a file of the job where it is not one already."""
    from pyspark import SparkContext, SparkFiles

    context = SparkContext.getOrCreate()
    path = program
    if os.path.isfile(program):
        context.addFile(os.path.abspath(program))
    else:
        path = SparkFiles.get(program)
    if os.access(path, os.X_OK):
        return os.path.abspath(path)
    copy = f"/tmp/{os.path.basename(program)}-{context.applicationId}-driver"
    subprocess.run(["install", "-m", "755", path, copy], check=True)
    return copy


if __name__ == "__main__":
    main(sys.argv[1:])
