//! What was found, in words.

use std::fmt;

use super::{Correlation, Granger, Relation};

/// A lead that counts, after correction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direction {
    /// The test with the smallest q.
    pub test: Granger,
    /// The strongest correlation in that direction.
    pub correlation: Correlation,
}

/// What was found about a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Neither helps to predict the other, as far as can be told; the smallest q.
    NoLead(f64),
    /// `x` helps to predict `y`.
    XLeads(Direction),
    /// `y` helps to predict `x`.
    YLeads(Direction),
    /// Each helps to predict the other.
    Both(Direction, Direction),
}

impl Relation {
    /// What counts as found at this rate of false discoveries, by the q-values as they stand.
    pub fn verdict(&self, discovery_rate: f64) -> Verdict {
        let found = |direction: Option<Direction>| direction.filter(|d| d.test.q <= discovery_rate);
        match (found(self.x_first()), found(self.y_first())) {
            (Some(x), Some(y)) => Verdict::Both(x, y),
            (Some(x), None) => Verdict::XLeads(x),
            (None, Some(y)) => Verdict::YLeads(y),
            (None, None) => Verdict::NoLead(self.tests().map(|test| test.q).fold(1.0, f64::min)),
        }
    }

    /// What speaks most for `x` running ahead, whether it counts or not.
    pub fn x_first(&self) -> Option<Direction> {
        self.direction(&self.x_to_y, |lag| lag > 0)
    }

    /// What speaks most for `y` running ahead.
    pub fn y_first(&self) -> Option<Direction> {
        self.direction(&self.y_to_x, |lag| lag < 0)
    }

    fn direction(&self, tests: &[Granger], side: impl Fn(i64) -> bool) -> Option<Direction> {
        let test = tests.iter().min_by(|a, b| a.q.total_cmp(&b.q).then(a.p.total_cmp(&b.p)))?;
        let on_side = self.correlations.iter().filter(|c| side(c.lag));
        let correlation = on_side.max_by(|a, b| a.value.abs().total_cmp(&b.value.abs()))?;
        Some(Direction { test: *test, correlation: *correlation })
    }
}

impl Verdict {
    /// A word for tables: `none`, `x`, `y` or `both`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoLead(_) => "none",
            Self::XLeads(_) => "x",
            Self::YLeads(_) => "y",
            Self::Both(..) => "both",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLead(q) => write!(f, "no lead found in either direction (smallest q {q:.3})"),
            Self::XLeads(d) => say(f, "x", "y", d),
            Self::YLeads(d) => say(f, "y", "x", d),
            Self::Both(x, y) => {
                say(f, "x", "y", x)?;
                f.write_str("; ")?;
                say(f, "y", "x", y)
            }
        }
    }
}

fn say(f: &mut fmt::Formatter<'_>, first: &str, second: &str, d: &Direction) -> fmt::Result {
    let Correlation { lag, value, low, high } = d.correlation;
    let steps = lag.unsigned_abs();
    let plural = if steps == 1 { "" } else { "s" };
    write!(
        f,
        "{first} runs ahead of {second}: strongest {steps} step{plural} before, correlation {value:.3} [{low:.3}, {high:.3}]; \
         its past explains {:.1} % of what that of {second} leaves open (q {:.2e})",
        100.0 * d.test.explained,
        d.test.q
    )
}
