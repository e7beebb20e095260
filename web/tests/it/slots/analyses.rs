//! The tables of what values rest on, and of strategies, leads and back-tests, as predict would leave them.

use chrono::{Duration, NaiveDate};
use domain::prediction::{
    Contribution, CurvePoint, LagCorrelation, Lead, NoiseCount, RiskBacktest, Strategy, StrategyTrade, Volume,
};

/// Three kinds of documents, one of them noisy.
pub(crate) fn volumes() -> Vec<Volume> {
    let volume = |source: &str, kind: &str, noise: Vec<NoiseCount>| Volume {
        source: source.into(),
        kind: kind.into(),
        documents: 12,
        organic: 12 - noise.iter().map(|n| n.documents).sum::<i64>(),
        score: Some(0.25),
        weight: 0.5,
        noise,
    };
    let noise = [("bot", 2), ("near-duplicate", 3)]
        .map(|(reason, documents)| NoiseCount { reason: reason.into(), documents });
    vec![volume("feeds", "article", Vec::new()), volume("x", "post", noise.into())]
}

/// What moved the five-day forecast.
pub(crate) fn contributions() -> Vec<Contribution> {
    let part =
        |feature: &str, value, effect| Contribution { horizon: 5, feature: feature.into(), value, effect };
    vec![part("sentiment", Some(0.4), 0.0015), part("level", None, -0.0005)]
}

/// One strategy with a closed trade and an open one.
pub(crate) fn strategy(to_on: NaiveDate) -> Strategy {
    let day = |back: i64| to_on - Duration::days(back);
    let trade = |opened_on, closed_on: Option<NaiveDate>| StrategyTrade {
        opened_on,
        closed_on,
        side: "long".into(),
        entry: 190.5,
        exit: closed_on.map(|_| 199.25),
        gain: 0.0459,
    };
    Strategy {
        name: "averages 20/50, long only".into(),
        from_on: day(30),
        to_on,
        trades: 2,
        total_return: 0.0613,
        annual_return: 1.04,
        max_drawdown: 0.0271,
        sharpe: Some(0.77),
        sharpe_low: Some(-1.2),
        sharpe_high: Some(2.7),
        deflated_sharpe: Some(0.13),
        tried: 72,
        cost_bp: 5.0,
        slippage_bp: 5.0,
        costs: 0.0041,
        hold_return: 0.09,
        hold_drawdown: 0.05,
        hold_sharpe: None,
        curve: [(14, 1.0), (7, 1.031_249), (0, 1.0613)]
            .map(|(back, equity)| CurvePoint { on: day(back), equity, hold: 1.09, drawdown: 0.0 })
            .into(),
        ledger: vec![trade(day(20), Some(day(9))), trade(day(3), None)],
    }
}

/// All documents together with enough days, one source with too few.
pub(crate) fn leads() -> Vec<Lead> {
    let lags = (-1..=1).map(|lag| LagCorrelation { lag, correlation: 0.05, low: -0.11, high: 0.2 });
    let lead = |source: &str, observations, lags: Vec<LagCorrelation>| Lead {
        source: source.into(),
        observations,
        mood_first_p: (!lags.is_empty()).then_some(0.04),
        mood_first_q: (!lags.is_empty()).then_some(0.61),
        price_first_p: (!lags.is_empty()).then_some(0.5),
        price_first_q: (!lags.is_empty()).then_some(0.9),
        verdict: if lags.is_empty() { "too-few" } else { "no-evidence" }.into(),
        lags,
    };
    vec![lead("all", 210, lags.collect()), lead("x", 31, Vec::new())]
}

/// How two models fared.
pub(crate) fn risk_backtests() -> Vec<RiskBacktest> {
    ["fhs", "normal"]
        .map(|model| RiskBacktest {
            model: model.into(),
            confidence: 0.99,
            days: 1000,
            exceptions: 14,
            expected: 10.0,
            kupiec_p: Some(0.23),
            christoffersen_p: None,
        })
        .into()
}
