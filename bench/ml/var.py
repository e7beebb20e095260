"""Monte-Carlo Value at Risk and expected shortfall with numpy, the whole job: lines of JSON."""
import json
import time

import numpy as np

DRAWS = 1_000_000


def fastest(job):
    start, best, runs = time.perf_counter(), float("inf"), 0
    while runs < 5 or time.perf_counter() - start < 1.5:
        run = time.perf_counter()
        job(runs)
        best, runs = min(best, time.perf_counter() - run), runs + 1
    return best


returns = np.random.default_rng(2).normal(0, 0.01, 250)
for percent in (95, 99):

    def job(seed):
        mean, deviation = returns.mean(), returns.std(ddof=1)
        drawn = np.random.default_rng(seed).standard_normal(DRAWS)
        drawn *= deviation
        drawn += mean
        edge = round((100 - percent) / 100 * DRAWS)
        drawn.partition(edge)
        return -drawn[edge], -drawn[:edge].mean()

    seconds, peer = fastest(job), f"numpy {np.__version__}"
    print(json.dumps({"what": f"var, {percent} %, {DRAWS} draws", "peer": peer, "value": DRAWS / seconds}))
    what = f"var, {percent} %, to the standard error of {DRAWS} draws"
    print(json.dumps({"what": what, "peer": peer, "value": seconds}))
