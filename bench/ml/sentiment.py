"""vaderSentiment on the texts of `ml-vm bench --part sentiment`, on one core."""
import json
import time
from importlib.metadata import version

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

TEXTS = 10_000
WHO = ["$AAPL", "Tesla", "$MSFT", "the bank", "Nokia", "$F"]
DOES = [
    "beats estimates and raises its guidance",
    "is a great buy, very bullish!!",
    "plunges after a terrible quarter",
    "cuts 300 jobs, but margins improve",
    "will report results on Thursday",
    "isn't good at all :(",
    "LOVES this market, I hope it stays",
    "warns of weak demand and rising costs",
]
ENDS = ["", " according to people familiar with the matter", " lol", " - what do you think?", " #stocks"]

texts = [f"{WHO[i % 6]} {DOES[i // 6 % 8]}{ENDS[i // 48 % 5]} ({i})" for i in range(TEXTS)]
analyzer = SentimentIntensityAnalyzer()
fastest, runs, start = float("inf"), 0, time.perf_counter()
while runs < 5 or time.perf_counter() - start < 1.5:
    run = time.perf_counter()
    for text in texts:
        analyzer.polarity_scores(text)
    fastest = min(fastest, time.perf_counter() - run)
    runs += 1
peer = f"vaderSentiment {version('vaderSentiment')}"
print(json.dumps({"what": "sentiment, lexicon", "peer": peer, "value": TEXTS / fastest}))
