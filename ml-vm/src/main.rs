//! Stage 3: sentiment, forecasts, signals and risk per asset.

fn main() {}
