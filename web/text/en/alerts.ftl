## Alerts

alerts_title = Alerts
alerts_answer = An alert tells you when a published value crosses a threshold: once for each crossing, at most once a day for each asset.
alerts_used = You use { $used } of the { $limit } alerts that { $tier } includes.
alerts_more = More with a higher tier
alerts_list = Your alerts
alerts_none = No alert yet.
alert_here = Set an alert
alert_new_button = Set an alert
alert_new_title = New alert
alert_new_answer = Say what to watch and when. Try it against the last 90 days before you save it.
alert_pause = Pause
alert_resume = Resume
alert_delete = Delete
alert_paused = Paused by you
alert_paused_tier = Paused: your tier does not show these values. It goes on when it does.
alert_paused_limit = Paused: your tier includes fewer alerts. It goes on when there is room.
alert_about_list = Every asset on { $list }
alert_mail = E-mail
alert_webhook = Webhook
alert_telegram = Telegram
alert_asset = Asset (symbol)
alert_or_list = or a whole watchlist
alert_measure = What to watch
alert_operator = When
alert_threshold = Threshold
alert_threshold_note = Per cent for prices, forecasts and risk; −1 to 1 for sentiment.
alert_days = Days
alert_days_note = For changes, and how far ahead a forecast looks.
alert_channels = Tell me by
alert_channels_set = Set up channels
alert_save = Save the alert
alert_try = Try it on the last 90 days
alert_note = Values are looked at when a slot is published, four times a day. After it has fired, an alert waits until the value has come back and a day has passed. No advice.
alert_past =
    { $n ->
        [0] It would not have fired in the last { $days } days.
        [one] It would have fired once in the last { $days } days.
       *[other] It would have fired { $n } times in the last { $days } days.
    }
alert_past_unseen = Your tier shows the newest value only, so how often this would have fired is not shown.
alert_bad_about = Name an asset by its symbol, or choose a watchlist.
alert_bad_asset = No asset has this symbol. Search for it by name above.
alert_bad_measure = Choose a measure from the list.
alert_bad_operator = Choose above, below or moves by.
alert_bad_moves = “Moves by” is for values that are a change: price, change of sentiment, median of the forecast.
alert_bad_channels = Choose at least one channel.
alert_bad_threshold = The threshold has to be a number between { $low } and { $high }.
alert_bad_days = Days have to be a whole number from 1 to { $most }.
alert_locked = These values are not part of your tier. They are included in { $tier }, { $price }.
alert_limit = { $tier } includes { $limit } alerts, and you have set as many. Delete one, or choose a higher tier.
operator_above = is at or above
operator_below = is at or below
operator_moves = moves by
measure_label_price = Price change
measure_label_sentiment = Sentiment
measure_label_sentiment_change = Change of sentiment
measure_label_mentions = posts and articles in 24 hours
measure_label_mentions_ratio = posts and articles against their 30-day mean
measure_label_forecast_median = Forecast: median
measure_label_forecast_low = Forecast: lower end (80 %)
measure_label_forecast_high = Forecast: upper end (80 %)
measure_label_var_95 = Value at Risk of one day, 95 %
measure_label_var_99 = Value at Risk of one day, 99 %
measure_price =
    { $n ->
        [one] price change since the previous close
       *[other] price change over { $n } trading days
    }
measure_sentiment_change =
    { $n ->
        [one] change of sentiment over one day
       *[other] change of sentiment over { $n } days
    }
measure_forecast_median =
    { $n ->
        [one] median forecast for the next trading day
       *[other] median forecast { $n } trading days ahead
    }
measure_forecast_low =
    { $n ->
        [one] lower end of the 80 % interval for the next trading day
       *[other] lower end of the 80 % interval { $n } trading days ahead
    }
measure_forecast_high =
    { $n ->
        [one] upper end of the 80 % interval for the next trading day
       *[other] upper end of the 80 % interval { $n } trading days ahead
    }
alert_rule_above = { $measure } at or above { $threshold }
alert_rule_below = { $measure } at or below { $threshold }
alert_rule_moves = { $measure } of { $threshold } or more, up or down
alert_fired = { $name } ({ $symbol }): { $measure } is { $value }. Your alert: { $rule }.
alert_subject = Alert: { $symbol } { $value }
alert_as_of = As of { $at }, slot { $slot }.
alert_open = Open the asset's page
alert_manage = Change your alerts
receipts_title = What was sent
receipts_none = Nothing yet.
receipt_at = When
receipt_what = What
receipt_value = Value
receipt_channel = Channel
alert_receipt_state = State
receipt_tries = Tries
receipt_code = Answer
receipt_sent = sent
receipt_failed = given up
receipt_queued = waiting

## Notifications

notify_title = Notifications
notify_answer = What we send you, where and when. Mails about your account itself are always sent.
notify_mails = E-mail
notify_which = Send me
notify_alerts = Alerts
notify_report = The weekly report
notify_language = Language
notify_weekday = Report on
notify_hour = at (UTC)
notify_save = Save
notify_bad = Choose a language, a weekday and an hour from the lists.
weekday_monday = Monday
weekday_tuesday = Tuesday
weekday_wednesday = Wednesday
weekday_thursday = Thursday
weekday_friday = Friday
weekday_saturday = Saturday
weekday_sunday = Sunday
webhook_title = Webhook
webhook_url = Address
webhook_set = Set the webhook
webhook_delete = Delete the webhook
webhook_secret_once = This is the webhook's secret. Copy it now: it is not shown again.
webhook_note = We post JSON over https. The header Quarterday-Signature holds t, the time in seconds, and v1, the HMAC-SHA256 of “t.body” with your secret in hexadecimal; refuse a t older than five minutes. Quarterday-Delivery is the same for every try. Answer with 2xx within five seconds; redirects are not followed. Setting an address makes a new secret.
webhook_malformed = This is not a web address, or it holds a name and password. Write it like https://hooks.example.org/quarterday.
webhook_not_https = The address has to begin with https://.
webhook_inside = This address does not lead to the open internet, so nothing can be posted to it.
webhook_no_key = A webhook cannot be set up at the moment, because its secret could not be kept safely here. Nothing was changed; please tell us.
webhook_unresolved = The name in this address was not found. Check it and try again.
telegram_title = Telegram
telegram_link = Link a chat
telegram_unlink = Unlink the chat
telegram_none = No chat is linked.
telegram_linked = A chat is linked since { $at }.
telegram_send = Send this to our bot within fifteen minutes; it works once:
