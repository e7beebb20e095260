## Track record, beside what is in site.ftl

record_all = All
record_outcome = Outcome
record_clear = Show everything
record_outcome_inside = Inside the 80 % interval
record_outcome_outside = Outside the 80 % interval
record_outcome_closer = Closer than the walk
record_outcome_further = Not closer than the walk
record_scores_note = Scores follow the filters but not the chosen outcome: to pick outcomes would be to pick the score.
record_calibration = Promised and kept
record_calibration_chart = Share of outcomes inside our 80 and 95 % intervals, by days ahead from left to right
record_calibration_ideal = promised and kept are the same
record_calibration_legend = Filled: the promise lies within the interval of the record. Open: it does not.
record_calibration_note = Bars are binomial 95 % intervals. They take forecasts as independent, though those of one day err together, so they are narrower than they should be.
record_calibration_says = { $horizon } days ahead: { $share }, { $count } forecasts
record_by_asset = By asset
record_best = Closest to what happened
record_worst = Furthest from what happened
record_every_asset = Every asset
record_by_model = By model
record_nothing = No outcome in what you asked for.
record_newest = Newest
record_older = Older
record_csv = These as CSV
