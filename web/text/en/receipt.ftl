## Receipts

why_short = Why?
why_outcomes = Why? The forecasts behind it
why_receipt = Why? The receipt
receipt_title = Receipt
receipt_lead = Everything behind the published value: what it is made of, who computed it and when, and how to prove that it was not changed.
receipt_values = Value
receipt_price = Prices
receipt_stated = Last stated by the slot that closed
receipt_market = The market's mood as a sum
receipt_market_text = Each asset adds its score times its share of all posts and articles, noise left out.
receipt_market_note = Each asset's own receipt lists the documents behind its score. Prices, forecasts and risk have receipts of their own, on the pages of each asset.
receipt_sentiment = Sentiment
receipt_forecast = Forecast
receipt_risk = Value at Risk
receipt_signal = Signal
receipt_corrected = A newer version of this slot corrects this one. Both are kept.
receipt_nothing = Nothing was published of this
receipt_score = Score
receipt_interval = 95 % interval
receipt_documents = Documents
receipt_counts = { $posts } posts, { $articles } articles
receipt_noise = Left out as noise
receipt_model = Model
receipt_horizon = Forecast
receipt_forecast_line = { $day }: median { $median }, 80 % interval { $low } to { $high }
receipt_risk_line = { $confidence }: { $risk } ± { $error } (Monte-Carlo), { $simulations } simulations, { $returns } returns, seed { $seed }
receipt_bars = Bars
receipt_bars_line = { $count } days, { $first } to { $last }
receipt_documents_title = Documents and their weights
receipt_weights =
    { $n ->
        [one] This document makes { $share } of the score.
       *[other] These { $count } documents make { $share } of the score.
    }
receipt_lock_documents = The posts and articles behind a score, each with its weight.
receipt_document = Document
receipt_kind = Kind
receipt_weight = Weight
receipt_post = Post
receipt_article = Article
receipt_run = The run
receipt_version = version
receipt_published = Published
receipt_manifest = Manifest, sha256
receipt_seal = Seal of the forecasts
receipt_seal_number = No.
receipt_seal_late = sealed late, never scored
receipt_stage = Stage
receipt_state = State
receipt_attempt = Attempt
receipt_began = Began
receipt_took = Took
receipt_inputs = Read
receipt_no_stages = The ledger has no times of this run.
receipt_no_lineage = This slot was published before manifests were kept with it.
receipt_api = For programs:
receipt_trace = Trace

## Files to take away

files_section = Files
files_label = Files:
files_locked = CSV comes with Basic, Parquet with Plus
file_bars = Bars
file_indicators = Indicators
file_sentiment = Sentiment by slot
file_documents = Posts and headlines
file_forecast = Forecast
file_signals = Signals
file_risk = Risk
receipt_accepts_value = value is sentiment, price, forecast, risk or signal
receipt_accepts_slot = slot is written like 2026-11-21T06Z: its day and its hour 00, 06, 12 or 18 in UTC
receipt_accepts_version = version is a whole number from 1 on
