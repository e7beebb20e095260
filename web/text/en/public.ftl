## The frame

nav_more = More
nav_status = Status
nav_glossary = Glossary
source_not_connected = not connected
source_not_licensed = not read: its terms do not allow it
late_banner = The newest slot closed at { $at }: the next one is late. What is shown is as of then.

## Landing page

landing_title = What is this?
landing_lead = Every six hours Quarterday reads what people post, what news outlets write and how markets move, and says for each asset how the mood is, what the price did, and what the next five trading days may bring, with how sure that is.
landing_assets = Assets analysed
landing_documents = Posts and articles in the newest slot, noise left out
landing_sources = Sources read
landing_scored = Forecasts scored so far
landing_inside = Of these, inside their 80 % interval
landing_why_title = Every number answers “why?”
landing_why = The posts, articles and prices behind it, the model and the run are one click away.
landing_record_title = Every forecast is kept.
landing_record = It is sealed before its day and compared with a random walk afterwards, winners and losers.
landing_noise_title = Noise is shown, not hidden.
landing_noise = Copies, coordinated posts and bots are marked with the reason; a switch shows the mood with and without them.
landing_error_title = Intervals everywhere.
landing_error = Where there is too little to go on, the page says so instead of giving a number.
landing_register = Register free of charge
landing_from = Paid tiers from { $price } a month

## Status

status_title = Status and coverage
health_healthy = Healthy
health_informational = Informational
health_degraded = Degraded
health_partial = Partial
health_late = Late
health_down = Down
health_unknown = Unknown
status_healthy = The newest slot is there, with all assets and from all sources.
status_informational = The newest slot is there with all assets; there is something worth knowing, such as a correction or a source that is not connected.
status_degraded = The newest slot is there with all assets, but at least one source is incomplete.
status_partial = The newest slot is there, but some assets have no complete analysis.
status_late = A slot is later than the 90 minutes that we promise. Pages show the slot before.
status_down = Two slots in a row are missing. Pages show what was known before, with its time.
status_unknown = Nothing is known yet, or the source is not read.
status_own_clock = These are sandbox data with a clock of their own, so nothing can be said about lateness.
status_promise = { $n ->
    [one] We promise a slot within 90 minutes after its six hours are over. It was kept for { $kept } of the last slot; it took { $longest } minutes.
   *[other] We promise a slot within 90 minutes after its six hours are over. It was kept for { $kept } of the last { $n } slots; the longest took { $longest } minutes.
}
status_sources = Sources in the last week
status_source = Source
status_state = State
status_newest = Newest record
status_whole = Complete slots
status_whole_of = { $whole } of { $all }
status_slots = The last slots
status_slot = Slot
status_published = Published
status_after = { $minutes } minutes after it was due
status_slot_says = incomplete sources: { $gaps }, assets missing: { $missing }, version { $version }
status_words = What the words mean
source_is_healthy = complete in every slot
source_is_informational = complete now, incomplete in some slot of the week
source_is_partial = brings records, not all of them
source_is_degraded = brought nothing in the newest slot
source_is_down = has brought nothing for a day
source_is_unknown = no slot says anything about it

## Glossary

glossary_title = Glossary
glossary_answer = The words of this site, each in a sentence or two.
glossary_terms = Terms
term_backtest = Back-test
meaning_backtest = What a rule would have earned on past prices. Ours trade at the next opening price, pay costs, and say how many rules were tried.
term_bar = Bar
meaning_bar = Opening, highest, lowest and closing price of a period, with the traded volume.
term_bollinger = Bollinger bands
meaning_bollinger = A moving average with a band of so many standard deviations on either side.
term_coverage = Coverage
meaning_coverage = How much of what was asked for a source delivered. For an interval: how often the outcome lay inside it.
term_document = Document
meaning_document = A post or an article.
term_drawdown = Drawdown
meaning_drawdown = How far a value has fallen below its highest point so far.
term_ema = Moving average (SMA, EMA)
meaning_ema = The mean of the last closes. The exponential one (EMA) gives recent closes more weight.
term_shortfall = Expected shortfall
meaning_shortfall = The mean loss on the days on which the loss is greater than the Value at Risk.
term_forecast = Forecast
meaning_forecast = A range for the price of the next five trading days, with a median. It is sealed before its day and scored after it.
term_interval = Interval
meaning_interval = A range that holds the true value with a stated probability, for example 95 %.
term_lead = Lead–lag
meaning_lead = Whether one series moves before another. We look both ways, and correct for how often we looked.
term_macd = MACD
meaning_macd = The difference of two exponential averages, with an average of itself as signal.
term_mention = Mention
meaning_mention = A document names an asset: where, and how surely.
term_noise = Noise
meaning_noise = Copies, near-copies, coordinated posts and bots. They are marked with the reason and left out of the mood.
term_walk = Random walk
meaning_walk = The assumption that tomorrow’s price is today’s, with chance on top. It is hard to beat, so every forecast is compared with it.
term_receipt = Receipt
meaning_receipt = Everything behind a published value: documents, bars, model and run.
term_rsi = RSI
meaning_rsi = The relative strength index, from 0 to 100: how much of the recent movement was upward. Above 70 and below 30 are common lines.
term_score = Sentiment score
meaning_score = From −1 (negative) to +1 (positive): the weighted mean over an asset’s documents, with a 95 % interval.
term_sharpe = Sharpe ratio
meaning_sharpe = Mean return divided by its standard deviation, a year. The deflated one allows for the number of strategies tried.
term_signal = Signal
meaning_signal = Buy, hold or sell according to a stated rule. It is a description, not advice.
term_skill = Skill
meaning_skill = By how much a forecast’s error is smaller than the random walk’s. Zero means no better.
term_slot = Slot
meaning_slot = Six hours, named by the time at which they end (UTC).
term_stochastic = Stochastic %K and %D
meaning_stochastic = Where the close lies between the lowest and the highest price of the last days (%K), and its average (%D).
term_var = Value at Risk
meaning_var = The loss that is not exceeded with a stated probability over a stated time, for example 99 % over one day.
