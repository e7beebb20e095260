//! The columns of what published values rest on, and of what strategies and models made of the past.

use domain::prediction::{Contribution, Lead, MoodSeries, RiskBacktest, Strategy, Volume};

use super::{Column, date, integer, list, number, small, structure, text};
use crate::Table;

impl Table for Volume {
    fn columns() -> Vec<Column> {
        vec![
            text("source"),
            text("kind"),
            integer("documents"),
            integer("organic"),
            number("score").or_null(),
            number("weight"),
            list("noise", structure(vec![text("reason"), integer("documents")])),
        ]
    }
}

impl Table for Contribution {
    fn columns() -> Vec<Column> {
        vec![small("horizon"), text("feature"), number("value").or_null(), number("effect")]
    }
}

impl Table for Strategy {
    fn columns() -> Vec<Column> {
        let point = vec![date("on"), number("equity"), number("hold"), number("drawdown")];
        let trade = vec![
            date("opened_on"),
            date("closed_on").or_null(),
            text("side"),
            number("entry"),
            number("exit").or_null(),
            number("gain"),
        ];
        let mut columns = vec![text("name"), date("from_on"), date("to_on"), small("trades")];
        columns.extend(["total_return", "annual_return", "max_drawdown"].map(number));
        let sharpe = ["sharpe", "sharpe_low", "sharpe_high", "deflated_sharpe"];
        columns.extend(sharpe.map(|name| number(name).or_null()));
        columns.push(small("tried"));
        columns.extend(["cost_bp", "slippage_bp", "costs", "hold_return", "hold_drawdown"].map(number));
        columns.push(number("hold_sharpe").or_null());
        columns.extend([list("curve", structure(point)), list("ledger", structure(trade))]);
        columns
    }
}

impl Table for Lead {
    fn columns() -> Vec<Column> {
        let lag = vec![small("lag"), number("correlation"), number("low"), number("high")];
        let mut columns = vec![text("source"), small("observations"), list("lags", structure(lag))];
        let tests = ["mood_first_p", "mood_first_q", "price_first_p", "price_first_q"];
        columns.extend(tests.map(|name| number(name).or_null()));
        columns.push(text("verdict"));
        columns
    }
}

impl Table for RiskBacktest {
    fn columns() -> Vec<Column> {
        vec![
            text("model"),
            number("confidence"),
            small("days"),
            small("exceptions"),
            number("expected"),
            number("kupiec_p").or_null(),
            number("christoffersen_p").or_null(),
        ]
    }
}

impl Table for MoodSeries {
    fn columns() -> Vec<Column> {
        let day = vec![date("on"), number("score"), integer("documents")];
        vec![text("symbol"), text("source"), list("days", structure(day))]
    }
}
