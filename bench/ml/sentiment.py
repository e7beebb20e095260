"""Speed of two peers on the texts of standard input (one JSON string a line), as JSON: texts a second on one core.

vader    vaderSentiment, the authors' program
sklearn  TF-IDF of words and characters with a linear SVM, the features of our own n-gram model
"""

import json
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def rate(count, work):
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


texts = [json.loads(line) for line in sys.stdin]
analyzer = SentimentIntensityAnalyzer()
few = texts[:2000]
labels = [analyzer.polarity_scores(text)["compound"] > 0.05 for text in few]
model = make_pipeline(
    make_union(
        TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True, min_df=2),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    ),
    LinearSVC(),
)
model.fit(few, labels)
print(
    json.dumps(
        {
            "vader": rate(len(few), lambda: [analyzer.polarity_scores(text) for text in few]),
            "sklearn": rate(len(few), lambda: model.predict(few)),
        }
    )
)
