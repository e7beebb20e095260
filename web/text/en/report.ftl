## Weekly report

report_title = Weekly report
report_about = What the assets on your watchlists did last week, with charts, headlines and, where your tier includes it, the outlook.
report_open = Open as PDF
report_heading = Your week { $week }
report_span = { $from } to { $to }
report_as_of = Mood and outlook as of { $at }, slot { $slot }.
report_watched = The assets on your watchlists.
report_unwatched = Nothing is on your watchlists yet, so these are the most mentioned assets.
report_withheld = Not part of your tier: { $what }.
report_record =
    { $n ->
        [one] Track record, one day ahead: { $count } forecast has come due; { $inside } lay inside the 80 % interval; skill against the random walk { $skill }.
       *[other] Track record, one day ahead: { $count } forecasts have come due; { $inside } lay inside the 80 % interval; skill against the random walk { $skill }.
    }
report_close = Last close
report_week = Week
report_mood = Mood, 95 %
report_documents = Posts
report_outlook = 5 days, 80 %
report_risk = Value at Risk of one day, 95 %
report_price_chart = Price, 90 days
report_mood_chart = Mood, slot by slot
