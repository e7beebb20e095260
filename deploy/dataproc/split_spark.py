"""Splits a slot on Spark: the same program and the same result as on one machine, its work cut into tasks.

functions submit this as the main file of a job or batch, with the program among its files (or start it by spark-submit):

    split_spark.py [NAME=VALUE ...] PROGRAM split --slot SLOT --lake LAKE [--now INSTANT] [--attempt N]

NAME=VALUE go into the program's environment. `PROGRAM plan` says what to read and which assets are large; `map` reads, `reduce`
writes an asset's rows once Spark has brought them together and in order, `commit` checks that all is there and writes the
manifest. Lines go from Spark into the program and back inside the JVM: no Python worker sees them. `attend` tells the
orchestrator that the stage lives, and how it ended; it tells so too when this script dies.
"""

import heapq
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time

from pyspark import SparkContext, SparkFiles
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

# Spark's own buffer between the JVM and a program is 8 KiB.
BUFFER = 1 << 20
# Where a part of an asset goes is looked up in one of so many drawers, by the hash of its name.
DRAWERS = 4096
ENDED = {0: "succeeded", 3: "partial"}
# On some clusters a file of a job is a link that cannot be run: then each executor makes one copy that can.
START = """
p=./$1; shift
if [ ! -x "$p" ]; then
    [ -x "$p.run" ] || { cp "$p" "$p.$$" && chmod 755 "$p.$$" && mv "$p.$$" "$p.run"; } || exit 1
    p=$p.run
fi
exec "$p" "$@"
"""


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
        # A cluster's errors begin with their reason and go on with pages of where it came up.
        outcome, message = "failed", str(error)[:600]
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
    tasks = spark.conf.get("spark.quarterday.partitions", str(4 * context.defaultParallelism))
    plan = run("plan", "--tasks", tasks, *(["--shard-rows", shard_rows] if shard_rows else []))
    if plan.returncode:
        raise RuntimeError(plan.stderr.strip() or "the plan failed")
    fields = [line.split("\t") for line in plan.stdout.splitlines()]
    inputs = [field[1] for field in fields if field[0] == "input"]
    large = [(*field[1].rsplit("=", 1), int(field[2])) for field in fields if field[0] == "split"]
    splits = [word for symbol, shards, _ in large if int(shards) > 1 for word in ("--splits", f"{symbol}={shards}")]

    strings = jvm.org.apache.spark.sql.Encoders.STRING()
    threads = spark.conf.get("spark.task.cpus", "1")

    def pipe(lines, verb):
        command = ["sh", "-c", START, "sh", name, verb, *stage, *splits, "--threads", threads]
        # The five arguments matter: by default the JVM's own charset would be used.
        return lines.pipe(command, environment, False, BUFFER, "UTF-8")

    started = time.monotonic()
    # A map task for each input; several partitions for each place in the cluster, so that none waits long for the last.
    mapped = pipe(context._jsc.parallelize(inputs, max(1, len(inputs))), "map")
    frame = DataFrame(spark._jsparkSession.createDataset(mapped.rdd(), strings).toDF(), spark)
    partitions = max(int(tasks), len(inputs))
    ordered = frame.repartition(partitions, place(spark, large, partitions)).sortWithinPartitions("value")
    lines = getattr(ordered._jdf, "as")(strings).toJavaRDD()
    # Spark keeps the lines of exactly one attempt of each task, however many it made.
    reduced = list(pipe(lines, "reduce").collect())
    print(f"map and reduce: {len(inputs)} inputs, {partitions} partitions, {time.monotonic() - started:.1f} s", file=sys.stderr)
    spark.stop()
    done = run("commit", *splits, lines="".join(line + "\n" for line in reduced))
    return done.returncode, done.stderr


def place(spark, large, partitions):
    """What to distribute lines by: a part's own partition is drawn by the hash of its name, but each large asset or shard, the
    largest first, goes to the task that has the fewest rows of these so far. A part that shares its drawer with a large one
    goes there, too."""
    # Spark hashes whatever it is given: these numbers are hashed to partition 0, 1, 2 …
    drawn = spark.range(64 * partitions).select(F.pmod(F.hash("id"), F.lit(partitions)), "id")
    ids = dict(drawn.collect())
    tasks = [(0, task) for task in range(partitions)]
    placed = []
    for symbol, shards, rows in large:
        for shard in range(int(shards)):
            has, task = heapq.heappop(tasks)
            heapq.heappush(tasks, (has + rows, task))
            placed.append((quote(symbol) + (f"~{shard:02}" if int(shards) > 1 else ""), task))

    def drawer(name):
        return F.pmod(F.hash(name), F.lit(DRAWERS))

    # In the JVM, without a Python worker.
    drawers = spark.range(1).select(F.array(*(drawer(F.lit(name)) for name, _ in placed))).first()[0]
    table = [n % partitions for n in range(DRAWERS)]
    # Of two in one drawer the larger has its way.
    for (_, task), n in reversed(list(zip(placed, drawers))):
        table[n] = task
    own = drawer(F.substring_index("value", "\t", 1))
    return F.array(*(F.lit(ids[task]).cast("long") for task in table))[own]


def quote(symbol):
    """A symbol as the program names its parts."""
    return "".join(c if c.isascii() and c.isalnum() else "".join(f"%{b:02X}" for b in c.encode()) for c in symbol)


def runnable(program):
    """A copy of the program that can be run on this node; every executor gets the program into its working folder."""
    context = SparkContext.getOrCreate()
    path = program if os.path.isfile(program) else SparkFiles.get(program)
    if path == program:
        context.addFile(os.path.abspath(program))
    copy = os.path.join(tempfile.mkdtemp(), os.path.basename(program))
    if os.path.isfile(path):
        shutil.copyfile(path, copy)
    else:
        # YARN hands the files of a job to the executors, not to the driver.
        listed = context.getConf().get("spark.yarn.dist.files", "").split(",")
        source = context._jvm.org.apache.hadoop.fs.Path(next(uri for uri in listed if uri.endswith(f"/{program}")))
        target = context._jvm.org.apache.hadoop.fs.Path(f"file://{copy}")
        source.getFileSystem(context._jsc.hadoopConfiguration()).copyToLocalFile(source, target)
    os.chmod(copy, stat.S_IRWXU)
    return copy


if __name__ == "__main__":
    main(sys.argv[1:])
