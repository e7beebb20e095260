## The VaR laboratory

lab_title = VaR laboratory
lab_lead = What can this position cost? Choose how it is computed; the figure comes with its error, its price and its proof.
lock_lab = The VaR laboratory: what a position of yours may lose, simulated as you wish, with the error of the simulation.
lab_symbol = Asset
lab_symbol_hint = One of the assets that we follow.
lab_on = Signal date
lab_on_hint = Empty: the last close. On a day without trading the close before counts.
lab_span = Prices from { $first } to { $last }.
lab_side = Side
lab_long = Long: loses when the price falls
lab_short = Short: loses when the price rises
lab_position = Position, USD
lab_position_hint = What it is worth at the signal date, from 1 to 1,000,000,000 dollars.
lab_window = Series length, returns
lab_window_hint = Daily returns before the date, from 30 to 2,500.
lab_simulations = Simulations
lab_simulations_hint = From 100 to 10,000,000. Four times as many halve the error.
lab_workers = Parallel workers
lab_workers_hint = From 1 to 64 share the simulations. The figure stays the same.
lab_confidence = Confidence, %
lab_confidence_hint = From 90 to 99.9; 95 and 99 are always shown.
lab_horizon = Horizon, trading days
lab_horizon_hint = From 1 to 10.
lab_seed = Seed
lab_seed_hint = The same seed gives the same figure, with any number of workers and in any place.
lab_place = Computed in
lab_place_site = the site
lab_place_function = the serverless function
lab_place_both = both, one after the other, and compared
lab_no_function = The serverless function is not connected here, so only the site can compute.
lab_cost_line = One second in { $place }: { $cost } at list price. { $source }, read on { $day }.
lab_run_button = Compute
lab_run_hint = The run is stored with its inputs; only you can see it.
lab_method_title = How it is computed
lab_method = A normal distribution is fitted to the daily returns up to the date; over several days its mean grows with the days and its deviation with their root. Each simulation draws one outcome, and the Value at Risk is the loss that is exceeded as rarely as the confidence says. Draws are numbered and shared out by number, so neither workers nor place change the figure.
lab_wrong = Nothing was computed: see the fields that are marked.
lab_busy = Another run is still under way. Nothing was stored; try again in a moment.
lab_bad_symbol = This is not an asset that we follow. Choose one from the list.
lab_bad_date = This is not a day. Write it like 2026-11-20, or leave the field empty.
lab_bad_side = Choose long or short.
lab_bad_position = Write an amount from { $low } to { $high } dollars, with at most two digits after the point.
lab_bad_number = Write a whole number from { $low } to { $high }.
lab_too_much = At most { $high } simulations at { $days } days: simulations times days are limited to 50 million.
lab_bad_confidence = Write a confidence from 90 to 99.9 per cent.
lab_bad_place = Choose where to compute: the site, the function or both.
lab_no_prices = No prices have been published for this asset yet.
lab_date_outside = There is no price on this day. Choose one from { $first } to { $last }.
lab_window_long = Up to { $day } there are { $count } returns. Write no more than that, or choose a later date.
lab_failed_risk = The prices of this asset do not allow a figure. Nothing was stored; try a longer series.
lab_failed_prices = The function did not compute from the same prices as the site, so its figure was refused. Nothing was stored; try again, or compute in the site.
lab_failed_differ = Site and function did not find the same figure, so neither is shown. Nothing was stored; this has been written down.
lab_failed_function = The serverless function did not answer as it should. Nothing was stored; try again, or compute in the site.
lab_failed_lost = The computation was lost. Nothing was stored; try again.
lab_run_title = Value at Risk: { $name }
lab_answer_long = { $n ->
    [one] In one trading day a long position of { $position } in { $name } loses more than { $loss } (± { $error }) with a probability of { $chance }.
   *[other] In { $n } trading days a long position of { $position } in { $name } loses more than { $loss } (± { $error }) with a probability of { $chance }.
}
lab_answer_short = { $n ->
    [one] In one trading day a short position of { $position } in { $name } loses more than { $loss } (± { $error }) with a probability of { $chance }.
   *[other] In { $n } trading days a short position of { $position } in { $name } loses more than { $loss } (± { $error }) with a probability of { $chance }.
}
lab_answer_gain = { $n ->
    [one] In one trading day a position of { $position } in { $name } does not lose with a probability of { $sure }: the figure is { $loss } (± { $error }, { $chance } of outcomes are worse).
   *[other] In { $n } trading days a position of { $position } in { $name } does not lose with a probability of { $sure }: the figure is { $loss } (± { $error }, { $chance } of outcomes are worse).
}
lab_figures = What it may lose
lab_total = Of the position
lab_mean = Mean of daily returns
lab_deviation = Their standard deviation
lab_price = Price at the date
lab_figures_note = Shares of the position; a loss is positive. ± is one standard error of the simulation. Closed form and historical figure need no simulation.
lab_places_title = Time, cost and proof
lab_took = Time
lab_cost = Cost, list price
lab_same_prices = Same prices
lab_ms = { $ms } ms
lab_price_source = price list { $source }, read on { $day }; time rounded up, requests of the function counted apart, so this is the most that it costs.
lab_price_proven = Price at the close of { $day }: { $price }. Each place computed a digest of the prices that it used; another one would have been refused.
lab_digest = Digest of the prices (sha256):
lab_workers_title = What each worker found alone
lab_workers_few = Each worker has fewer than 100 simulations, too few for a figure of its own. Together they are enough.
lab_workers_note = Each worker's figure rests on its own draws and so errs more. The figure above rests on all draws together; it is not the average.
lab_worker = Worker
lab_average = Average of the workers
lab_together = All draws together
lab_inputs = Inputs
lab_created = Computed
lab_again = Change and run again
lab_compare = Compare with other runs
lab_delete = Delete this run
lab_runs_title = My runs
lab_chart_title = Runs compared
lab_against = Against
lab_show = Show
lab_legend = Each point is a run; the bar is its 95 % interval from simulating. Filled: long. Open: short.
lab_list_title = All runs
lab_var_95 = VaR 95 %, ± error
lab_var_99 = VaR 99 %, ± error
lab_kept = The newest 500 runs are kept.
lab_none = No run yet. The first one takes a second.
lab_new = New run
lab_plot_simulations = { $symbol }: Value at Risk at { $level } against the number of simulations
lab_plot_window = { $symbol }: Value at Risk at { $level } against the series length
lab_plot_says = { $value } ± { $error }, { $simulations } simulations, { $window } returns
nav_lab = VaR laboratory
lab_accepts_by = by is simulations or window
lab_accepts_level = level is 95 or 99
