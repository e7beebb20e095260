//! What a person has to look into.
//!
//! Each is a line of the log with the field `alert`, is counted, and has a runbook in `docs/runbooks` under its code.

/// An alarm of billing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The nightly comparison found differences, or could not read somebody.
    Drift,
    /// The provider did a part of an order and refused the rest.
    HalfDone,
    /// Keys and database do not belong together.
    Mixed,
    /// A change was charged differently from what was shown.
    PreviewDiffers,
    /// Somebody pays for more than one subscription.
    TwoSubscriptions,
    /// Nobody knows what came of an order.
    Unclear,
}

impl Alarm {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Drift,
        Self::HalfDone,
        Self::Mixed,
        Self::PreviewDiffers,
        Self::TwoSubscriptions,
        Self::Unclear,
    ];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Drift => "billing.drift",
            Self::HalfDone => "billing.order_half_done",
            Self::Mixed => "billing.mixed",
            Self::PreviewDiffers => "billing.preview_differs",
            Self::TwoSubscriptions => "billing.two_subscriptions",
            Self::Unclear => "billing.order_unclear",
        }
    }

    /// Counts it; its code, for the line of the log.
    pub fn raised(self) -> &'static str {
        count(self, 1);
        self.code()
    }
}

/// Makes the counts of all alarms stand in the metrics, so that the first of them is seen as a change from none.
pub fn stand() {
    for alarm in Alarm::ALL {
        count(alarm, 0);
    }
}

fn count(alarm: Alarm, times: u64) {
    metrics::counter!("quarterday_billing_alerts_total", "code" => alarm.code()).increment(times);
}
