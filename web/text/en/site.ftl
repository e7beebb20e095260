## Frame

brand_tag = Market intelligence, four times a day
skip_link = Skip to the content
nav_label = Main
nav_today = Today
nav_record = Track record
nav_pricing = Pricing
nav_method = Method
nav_sign_in = Sign in
nav_register = Register
nav_account = Account
search_label = Search an asset
search_hint = Name or symbol
search_button = Search
sandbox_strip = Sandbox data: invented or recorded, not the live market
as_of_label = As of
slot_label = slot
coverage_label = Sources
coverage_none = No source is named for this slot
source_whole = complete
source_gap = incomplete
source_gap_since = incomplete; newest record { $at }
coverage_missing = Assets without a complete analysis:
corrected_version = corrected, version { $version }
footer_advice = Quarterday describes; it does not advise. Nothing here is an offer or a recommendation.
footer_looks = Looks
theme_label = Theme
theme_system = As the system
theme_light = Light
theme_dark = Dark
colours_label = Up and down
colours_safe = Blue and orange
colours_classic = Green and red
lang_label = Language
save_button = Apply

## Words for values

direction_up = up
direction_down = down
direction_flat = unchanged
too_few = too few documents
interval = { $low } to { $high }
mood_neutral = neutral
mood_undecided = without a clear direction
mood_slightly_positive = slightly positive
mood_positive = positive
mood_strongly_positive = strongly positive
mood_slightly_negative = slightly negative
mood_negative = negative
mood_strongly_negative = strongly negative

## Front page

home_title = Today's market mood
home_answer = The market's mood is { $mood } ({ $score } ± { $half }), from { $documents } posts and articles on { $assets } assets.
home_few = Too few posts and articles in this slot to speak of a mood.
home_empty_title = No slot published yet
home_empty_text = The first analysis appears here as soon as its six hours are over and have been worked on. Nothing is wrong; come back a little later.
home_rows = Most mentioned in the last 24 hours
home_moves = What changed since the last slot
home_moves_note = Only moods whose 95 % intervals no longer overlap.
home_moves_none = No mood moved by more than chance.
home_pages = Pages of the list
home_more_mentioned = ← More mentioned
home_less_mentioned = Less mentioned →
home_hidden = { $count } more assets were analysed.
home_hidden_link = See all of them with Basic
home_register = Free: the ten most mentioned assets, and one alert when you register.
column_asset = Asset
column_price = Last close
column_change = Change
column_trend = 30 days
column_mood = Mood, 95 % interval
column_mentions = Posts and articles
mentions_more = more than the day before
mentions_fewer = fewer than the day before
score_scale = from −1 to +1

## An asset

asset_title = { $name } ({ $symbol })
answer_mood = mood { $mood } ({ $score }, 95 % interval { $interval }, { $documents } posts and articles)
answer_few = too few posts and articles for a mood ({ $documents })
answer_price = price { $change } since the close of { $day }
answer_outlook = next five trading days { $low } to { $high } (80 % interval)
answer_locked = The analysis of this asset is part of a paid tier.
answer_nothing = Nothing has been published about this asset yet.
class_equity = Share
class_crypto = Crypto
class_fx = Currency pair
class_index = Index
sections_label = Sections
section_overview = Overview
section_price = Price
section_sentiment = Sentiment
section_news = News and posts
section_outlook = Outlook
section_risk = Risk
section_why = Why?
price_chart = Daily prices and traded volume
price_none = No prices have been published for this asset yet.
price_last = Last close, { $day }
sentiment_chart = Sentiment slot by slot, with its 95 % interval
sentiment_none = Nobody wrote about this asset in this slot.
sentiment_documents = Posts and articles behind it
sentiment_noise = Left out as noise (copies, reposts, campaigns, bots)
sentiment_raw = With noise left in
sentiment_model = Model
sentiment_now = This slot
news_articles = Articles
news_posts = Posts
news_none = No article in what you can see.
posts_none = No post in what you can see.
post_withheld = The source does not let us show this text; it counts in the score.
document_score = score
outlook_chart = Five trading days: our intervals beside the random walk's
outlook_none = No forecast has been published for this asset: too few prices.
outlook_day = Day
outlook_median = Median
outlook_eighty = 80 % interval
outlook_ninety_five = 95 % interval
outlook_walk = Random walk, 80 %
skill_better = In { $count } past forecasts at five days the model was closer than the random walk: skill { $skill }, 95 % interval { $interval }.
skill_no_better = In { $count } past forecasts at five days no model was shown to beat the random walk (skill { $skill }, 95 % interval { $interval }).
skill_unknown = Too few prices to compare a model with the random walk: the random walk's own intervals are shown.
signals_title = Signals
signals_note = A description of what the figures say, not advice.
signal_forecast = Forecast
signal_average = Moving averages
signal_up = points up
signal_down = points down
signal_none = no direction
risk_title = What one day can cost
risk_confidence = Confidence
risk_var = Value at Risk
risk_error = Monte-Carlo error
risk_shortfall = Expected shortfall
risk_closed = Closed form
risk_historical = Historical
risk_none = Too few prices to state a risk.
risk_simulated = { $simulations } simulations fitted on { $returns } daily returns, seed { $seed }. A loss is positive.
why_text = Each figure rests on the posts, articles and prices of this slot, on the named model and on nothing collected later.
why_link = How we compute it
chart_table = Table
chart_loading = Loading the chart…
months_short = Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
chart_failed = The chart could not be loaded. Reload the page to try again.
chart_no_script = The chart needs JavaScript.
chart_credit = Charts by
# Headers of the table under a chart, parted by |
headers_price = Day|Open|High|Low|Close|Volume
headers_sentiment = Slot|Score|Lower end|Upper end|Documents
headers_forecast = Day|Median|80 % Low|80 % High|95 % Low|95 % High|Walk, low|Walk, high
legend_80 = 80 %
legend_95 = 95 %
legend_walk = Random walk, 80 %

## Locked

lock_price = Daily prices and volume of every asset we follow.
lock_sentiment = What people write about this asset, scored, with its interval.
lock_news = Headlines and posts behind the score, with their links.
lock_predictions = Where the price may lie on each of the next five trading days, beside a random walk, and signals with their reasons.
lock_risk = What one day can cost at 95 and 99 % confidence, with the error of the simulation.
lock_posts = The posts behind the score, and seven days of news.
lock_history = How the mood got here: seven days, slot by slot.
lock_from = From { $tier }, { $price }
lock_with = Included in
lock_button = See the tiers
price_a_month = { $price } a month

## Pricing

pricing_title = Pricing
pricing_answer = Read the ten most mentioned assets for free; pay to see all of them, what lies behind, and what may come.
pricing_monthly = a month
pricing_yearly = a year: ten months' price
pricing_free = Free, for as long as you like
pricing_current = Your tier
pricing_soon = Paid tiers are opened by hand for now; write to us after registering.
pricing_register = Register for free
pricing_public = The track record is public: no tier hides how often we were right.
plan_price = Prices { $of }
plan_sentiment = Sentiment { $of }
plan_news = News { $of }
plan_predictions = Forecasts, signals and risk { $of }
plan_of_ranked = of the { $count } most mentioned assets
plan_of_all = of all assets
plan_depth_latest = latest value
plan_depth_headlines = headlines
plan_depth_days = { $days } days
plan_depth_full = full history
plan_alerts = Alerts: { $count }
plan_api_calls = API calls a day: { $count }

## Track record

record_title = Track record
record_empty = No forecast has come due yet. Each one is kept and scored here when its day has come, whatever the result.
record_better = Over { $count } forecasts at { $horizon } day we were closer than a random walk (skill { $skill }); { $inside } of outcomes lay inside the 80 % interval.
record_worse = Over { $count } forecasts at { $horizon } day we were further off than a random walk (skill { $skill }); { $inside } of outcomes lay inside the 80 % interval.
record_same = Over { $count } forecasts at { $horizon } day we cannot be told from a random walk (skill { $skill }); { $inside } of outcomes lay inside the 80 % interval.
record_early = { $count } forecasts at { $horizon } day have come due so far: too few days to tell skill from luck (skill { $skill }); { $inside } of outcomes lay inside the 80 % interval.
record_too_few_days = too few days
record_horizon = Days ahead
record_forecasts = Forecasts
record_error = Our mean error
record_walk_error = Random walk's
record_skill = Skill
record_interval = 95 % interval
record_inside_80 = Inside 80 %
record_inside_95 = Inside 95 %
record_table = By horizon
record_list = All outcomes, the newest first
record_day = Day
record_said = We said (80 %)
record_was = It was
record_held = Interval held
record_yes = yes
record_no = no
record_closer = Closer than the walk
record_note = The first version of each slot counts, so that no forecast can be mended afterwards. Intervals count days, not forecasts, because forecasts of one day err together.

## Method

methodology_title = How we work
methodology_answer = Four times a day we collect what people and outlets say, score it, look at prices, and say what may come and how sure we are.
method_slot_title = A slot is six hours
method_slot = It closes at 00, 06, 12 and 18 hours UTC. An analysis sees only what was collected before its slot closed. What is published is never rewritten: a correction is a new version beside it, and says so.
method_sentiment_title = Sentiment
method_sentiment = Each post and article that names an asset gets a score from −1 to +1. Duplicates, near copies, reposts, coordinated campaigns and bots are marked as noise and left out of the mean; how many is shown. Below five documents there is no score, only "too few". The interval is at 95 %.
method_forecast_title = Forecasts
method_forecast = For one to five trading days we state a median and two intervals, and beside them those of a random walk. A model is used only where it beat the random walk on days it had not seen; otherwise the random walk is shown, and we say so.
method_record_title = The track record
method_record = Each forecast of a slot's first version is compared with the close of its day; if the market was closed, with that of the next trading day. Winners and losers are listed alike.
method_risk_title = Risk
method_risk = Value at Risk is simulated; its Monte-Carlo error, the closed form and the historical figure stand beside it. A loss is positive.
method_sources_title = Sources
method_sources = Under each title stands which sources were complete. A source that does not let us show its texts is counted but not quoted. Of articles we show headline, outlet and link.

## Accounts

account_title = Account
account_tier = Tier
account_email = Address
account_since = Registered on
account_change = See the tiers
account_sign_out = Sign out

## Search

search_title = Search
search_none = No asset has this symbol, name or alias. Try another spelling.
search_found = Assets found

## Failures

error_400_title = This request could not be read
error_400_text = Something in the address or form is not as it should be. Nothing was changed. Go back and try again.
error_413_text = What was sent is larger than any form here needs to be. Nothing was changed. Send less, or a shorter text.
error_403_title = This was refused
error_403_text = The request came from another site or is not yours to make. Nothing was changed.
error_404_title = There is no such page
error_404_text = The address may be mistyped, or the asset is not one that we follow. Search for it above.
error_429_title = Too many tries
error_429_text = To protect accounts we take a short break. Nothing was changed; try again in a minute.
error_500_title = Something broke on our side
error_500_text = It has been written down. Your account is safe and nothing was changed. Try again in a moment.
error_503_title = Back in a moment
error_503_text = A part of the site is not answering. Nothing is lost; try again in a few seconds.
error_home = To the front page
error_back = Back to the page
export_accepts_format = format is csv or parquet
