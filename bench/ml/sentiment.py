"""vaderSentiment, and scikit-learn where it is installed, on the texts of `ml-vm bench --part sentiment`, on one core."""
import json
import sys
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

try:
    import sklearn
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC
except ImportError:
    print("SKIPPED scikit-learn: it is not installed", file=sys.stderr)
    sys.exit()

# The same kinds of n-grams, labels and number of texts to fit on; fewer to judge, since it takes its time.
classes = ["positive", "positive", "negative", "neutral"]
FITTED_ON, JUDGED = 2_000, 1_000
model = make_pipeline(
    make_union(
        TfidfVectorizer(ngram_range=(1, 3), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
    ),
    LinearSVC(C=0.5),
)
model.fit(texts[:FITTED_ON], [classes[i // 6 % 4] for i in range(FITTED_ON)])
fastest = float("inf")
for _ in range(5):
    run = time.perf_counter()
    model.predict(texts[:JUDGED])
    fastest = min(fastest, time.perf_counter() - run)
print(json.dumps({"what": "sentiment, n-grams", "peer": f"scikit-learn {sklearn.__version__}", "value": JUDGED / fastest}))
