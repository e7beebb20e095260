## Sentiment

nav_sentiment = Sentiment
mood_more = Mood in depth: against the price, what was removed, what the score is made of
mood_mentions_day = Posts and articles, 24 hours
mood_title = Market sentiment
mood_now = Mood in this slot
mood_in_slot = Mood in slot
mood_side_label = With or without noise
mood_side_organic = Without noise
mood_side_raw = Noise left in
mood_raw_note = Noise is left in: copies, reposts, campaigns and bots count like everything else. No interval is stated for this figure, because such documents do not speak independently of each other.
mood_raw_no_interval = no interval: noise is left in
mood_slot_choice = Slot
mood_show_button = Show
mood_shares_label = Positive / negative documents
mood_period_label = Period
mood_period_days = { $n ->
    [365] 1 year
    [1825] 5 years
   *[other] { $n } days
}
mood_history_title = Mood and price
mood_history_chart = Mood slot by slot beside the price, on one time axis
mood_axis_price = ← Price
mood_axis_mood = Mood, −1 to +1 →
mood_axis_tone = Tone, −1 to +1 →
mood_legend_price = Adjusted close (left)
mood_legend_mood = Mood (right)
mood_legend_band = 95 % interval
mood_legend_raw = Noise left in
# Headers of the table under a chart, parted by |
headers_mood = Slot|Mood|Lower end|Upper end|Noise left in|Documents|Noise|Price
headers_market = Slot|Mood|Lower end|Upper end|Noise left in|Documents|Noise
# Words of the read-out: price, mood, too few
chart_words_mood = price|mood|too few
mood_volume_title = Where it was written
mood_volume_source = Source
mood_volume_kind = Kind
mood_volume_documents = Documents
mood_volume_noise = Of these noise
mood_volume_score = Mean score
mood_volume_weight = Share in the score
mood_volume_bars = Seven days, slot by slot
mood_volume_week = { $sum } documents in seven days
mood_volume_note = Documents of this slot that name the asset. The mean and the share leave noise out.
mood_volume_none = Volumes by source have not been published for this slot.
mood_removed_title = What was removed, and why
mood_removed_of = { $removed } of { $all } documents were left out as noise.
mood_removed_reasons = Reasons
mood_removed_examples = Examples
mood_removed_original = the original
mood_removed_none = Nothing was marked as noise.
noise_duplicate = Copy of another document
noise_near_duplicate = Nearly the same as another
noise_repost = Repost
noise_coordinated = Coordinated campaign
noise_bot = Bot
xray_title = What the score is made of
xray_text = Each document adds its score times its share. The lines sum to the published score.
xray_raw = This is the score with noise: documents marked as noise count as the others do, and say why they are marked.
xray_unkept = The shares with noise left in were not kept for this slot. Choose “without noise” to see what the published score is made of.
xray_document = Document
xray_score = Score
xray_weight = Share
xray_adds = Adds
xray_words = Words and their weights
xray_other_words = all other words
xray_others = { $n ->
    [one] 1 more document that is kept.
   *[other] { $shown } more documents that are kept.
}
xray_gone = { $n ->
    [one] 1 more document that is not kept one by one
   *[other] { $shown } more documents that are not kept one by one
}
xray_all = List them all
xray_sum = Sum
xray_published = Published score
xray_few = Too few posts and articles in this slot for a score, so there is nothing to take apart.
xray_locked = The text is part of the news of another tier; it counts in the score.
mood_kind_post = Post
mood_kind_article = Article
leads_title = Does the mood come before the price?
lead_source_label = Source of the mood
lead_all = All sources
lead_too_few = Too few days to tell: { $observations } days have both a mood and a price.
lead_no_evidence = No evidence that the mood runs ahead of the price, or the price ahead of the mood (smallest q { $q }, { $observations } days).
lead_mood_first = The mood has run ahead of the price: most clearly { $days } trading days before, correlation { $correlation } (q { $q }, { $observations } days).
lead_price_first = The price has run ahead of the mood: most clearly { $days } trading days before, correlation { $correlation } (q { $q }, { $observations } days).
lead_both = Each has helped to predict the other: most clearly at { $days } trading days, correlation { $correlation } (smallest q { $q }, { $observations } days).
lead_chart = Correlation of mood and price change by lag, with 95 % intervals
lead_price_side = price first (days)
lead_mood_side = mood first (days)
lead_lag = Lag in days
lead_correlation = Correlation
lead_test = Granger's test
lead_mood_before_price = Mood before price
lead_price_before_mood = Price before mood
lead_note = An order in time is not a cause. q is p corrected for all assets, sources and lags that were looked at; a lead counts only where q is small.
lead_days = Days with both a mood and a price:
lead_none = Whether mood or price comes first has not been computed for this asset and source.
mood_market_history = The market's mood over time
mood_market_chart = Mood of all assets together, slot by slot
mood_sides_title = Most positive, most negative
mood_most_positive = Most positive
mood_most_negative = Most negative
mood_none_positive = No mood lies above zero by more than chance.
mood_none_negative = No mood lies below zero by more than chance.
mood_sides_note = Only moods whose 95 % interval leaves out zero.
mood_mentioned_title = Most mentioned
mood_classes_title = By class
mood_classes_assets = Assets
mood_classes_note = Means over the assets that you can see, weighted by their documents.
mood_market_volume = Where it was written, and what was removed
mood_market_volume_note = A document that names two assets counts for both.
lock_mood_all = The mood of every asset we follow, not only of the ten most mentioned.
lock_mood_behind = How the market's mood got here, what changed, where it was written and what was left out.
lock_behind_mood = Seven days of mood beside the price, where it was written, what was left out and why, and the documents that the score is made of.
lock_older_slot = This slot lies further back than your tier goes.
lock_leads = Whether the mood runs ahead of the price: correlations by lag with intervals, tests both ways, and a plain verdict.

## Refused

mood_refused_noise = This could not be read. noise is raw or organic.
mood_refused_days = This period cannot be shown. days is 7, 30, 90, 365 or 1825.
mood_refused_slot = This is no slot. A slot is written as 2026-11-21T06Z, with 00, 06, 12 or 18 hours.
mood_refused_source = This is no name of a source: at most 64 characters.
mood_refused_rows = This could not be read. rows is all, or left out.
mood_refused_query = This search is too long or holds characters that no text has. Write at most 200 characters.
mood_refused_outlet = This is no name of an outlet: at most 120 characters.
mood_refused_lang = This is no language. Write two letters, such as en or es.
mood_refused_class = This is no class of assets. It is equity, crypto, fx or index.
mood_refused_day = This is no day. Write it as 2026-11-21.
mood_refused_range = The first day lies after the last one. Exchange them.
mood_refused_tone = This is no tone. It is positive, neutral or negative.
mood_refused_cursor = This list cannot be continued: the address was cut off or changed. Start again at the newest headline.
mood_refused_format = This form is not offered. format is csv, or left out.
mood_refused_export = Your tier does not include tables to take away, or not of these headlines.
