//! What every program counts, in the form that Prometheus reads.
//!
//! Long-lived programs answer `/metrics`; programs that end, or have no port that is theirs, write what they counted into a
//! file of the folder `QUARTERDAY_METRICS`, from where the node exporter (its textfile collector) or the orchestrator's `/metrics` takes it.
//! Names are in [`NAMES`], and nowhere else: a test compares them with dashboards and alerts.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// The folder that programs leave their counts in when they end.
pub const FOLDER: &str = "QUARTERDAY_METRICS";
/// The variable with the token that whoever reads `/metrics` shows as bearer.
pub const TOKEN: &str = "QUARTERDAY_METRICS_TOKEN";

/// Every metric, with its unit and what it says.
pub const NAMES: [(&str, Kind, &str); 31] = [
    ("http_requests_total", Kind::Counter, "Requests by route pattern, method and status"),
    (
        "http_request_duration_seconds",
        Kind::Histogram,
        "Time to the end of an answer's head, by route pattern",
    ),
    ("http_requests_under_way", Kind::Gauge, "Requests that are being answered"),
    ("http_requests_shed_total", Kind::Counter, "Requests refused with 503 because too many were under way"),
    ("quarterday_stage_duration_seconds", Kind::Gauge, "How long each stage of the newest run took"),
    ("quarterday_stage_attempts", Kind::Gauge, "Attempts that each stage of the newest run needed"),
    ("quarterday_runs", Kind::Gauge, "Runs of the last seven days by status"),
    ("quarterday_slot_age_seconds", Kind::Gauge, "Time since the newest published slot closed"),
    (
        "quarterday_slot_delay_seconds",
        Kind::Gauge,
        "Time from the close of the newest published slot to its publication",
    ),
    (
        "quarterday_slots_in_time_ratio",
        Kind::Gauge,
        "Slots of the last 28 days that were published within 90 minutes",
    ),
    (
        "quarterday_error_budget_ratio",
        Kind::Gauge,
        "What is left of the error budget of 28 days; below 0 it is overdrawn",
    ),
    (
        "quarterday_source_complete",
        Kind::Gauge,
        "1 where a source of the newest published slot was complete, else 0",
    ),
    ("quarterday_assets_missing", Kind::Gauge, "Assets that the newest published slot lacks"),
    (
        "quarterday_operations_open",
        Kind::Gauge,
        "Starts and stops that are under way: the orchestrator's queue",
    ),
    ("quarterday_mails_queued", Kind::Gauge, "Mails that wait to be sent"),
    ("quarterday_dead_letters", Kind::Gauge, "Messages that nobody took"),
    ("quarterday_alerts_open", Kind::Gauge, "Alerts that are open, by key"),
    ("quarterday_machine_hold", Kind::Gauge, "1 while a machine is held"),
    (
        "quarterday_forecast_skill_ratio",
        Kind::Gauge,
        "Skill of the last 90 days' forecasts over the random walk",
    ),
    (
        "quarterday_forecast_coverage_ratio",
        Kind::Gauge,
        "Share of the last 90 days' outcomes inside the 80 % interval",
    ),
    (
        "quarterday_stage_warnings",
        Kind::Gauge,
        "Warnings of a stage's manifest, such as models whose input has drifted",
    ),
    ("quarterday_stage_outcome", Kind::Gauge, "1 for how a program's stage ended, by outcome"),
    ("quarterday_subscriptions", Kind::Gauge, "Customers by tier that counts now"),
    (
        "quarterday_monthly_revenue_cents",
        Kind::Gauge,
        "Monthly price of the tiers that count now, at list prices, by currency",
    ),
    (
        "quarterday_billing_alerts_total",
        Kind::Counter,
        "What a person has to look into about billing, by the code of its runbook",
    ),
    ("quarterday_live_streams", Kind::Gauge, "Streams of live prices that are open"),
    ("quarterday_quotes_total", Kind::Counter, "Quotes taken, or published by the collector"),
    (
        "quarterday_bus_pushes_total",
        Kind::Counter,
        "Pushes of the bus on one machine, by subscription and whether they were taken",
    ),
    (
        "quarterday_service_starts_total",
        Kind::Counter,
        "Starts of an installation's programs; more than one of a program: it had ended by itself",
    ),
    (
        "quarterday_sandbox_requests_total",
        Kind::Counter,
        "Requests that the sandbox answered, by whom it stands in for and class of status",
    ),
    (
        "quarterday_sandbox_faults_total",
        Kind::Counter,
        "Requests to the sandbox that a fault of the plan struck",
    ),
];

/// What kind a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// A state.
    Gauge,
    /// Times, in buckets.
    Histogram,
}

/// The bounds of times of answers, in seconds; the goal of a page is one of them.
const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How often times are put into buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// How often programs without a port leave what they count.
const LEAVING: Duration = Duration::from_secs(15);

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to count, once in a process; what was counted before is lost.
pub fn start() {
    HANDLE.get_or_init(|| {
        let bounds = Matcher::Suffix("_duration_seconds".to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(bounds, &SECONDS).ok()?;
        let handle = builder.install_recorder().ok()?;
        for (name, kind, says) in NAMES {
            match kind {
                Kind::Counter => metrics::describe_counter!(name, says),
                Kind::Gauge => metrics::describe_gauge!(name, says),
                Kind::Histogram => metrics::describe_histogram!(name, says),
            }
        }
        // Times wait in memory until they are put into buckets, whether or not somebody reads them.
        let kept = handle.clone();
        let upkeep = move || loop {
            std::thread::sleep(UPKEEP);
            kept.run_upkeep();
        };
        std::thread::Builder::new().name("telemetry".to_owned()).spawn(upkeep).ok()?;
        Some(handle)
    });
}

/// What has been counted, as Prometheus reads it.
pub fn render() -> String {
    HANDLE.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}

/// Counts one answered request. `route` is a pattern such as `/assets/{symbol}`, never a path.
pub fn answered(route: &str, method: &str, status: u16, took: Duration) {
    let route = route.to_owned();
    let (method, status) = (method.to_owned(), status.to_string());
    metrics::counter!("http_requests_total", "route" => route.clone(), "method" => method, "status" => status)
        .increment(1);
    metrics::histogram!("http_request_duration_seconds", "route" => route).record(took.as_secs_f64());
}

/// Whether somebody may read the counts: from this machine itself, without a proxy between, or with the token.
pub fn may_read(peer: Option<std::net::IpAddr>, proxied: bool, shown: Option<&str>) -> bool {
    let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty()).map(SecretString::from);
    allowed(peer, proxied, shown, token.as_ref())
}

fn allowed(
    peer: Option<std::net::IpAddr>,
    proxied: bool,
    shown: Option<&str>,
    token: Option<&SecretString>,
) -> bool {
    let shown = shown.and_then(|header| header.strip_prefix("Bearer "));
    if let (Some(shown), Some(token)) = (shown, token) {
        // Of several, with commas between them, each is accepted: one is replaced without a gap.
        let mut known = token.expose_secret().split(',').map(str::trim).filter(|token| !token.is_empty());
        return known.any(|token| bool::from(shown.as_bytes().ct_eq(token.as_bytes())));
    }
    // A proxy on this machine would make everybody local.
    !proxied && peer.is_some_and(|peer| peer.is_loopback())
}

/// Writes what a program counted into the folder that the environment names, under the program's name, whole or not at all.
///
/// # Errors
/// The folder cannot be written.
pub fn leave(program: &str) -> io::Result<()> {
    let Some(folder) = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()).map(PathBuf::from) else {
        return Ok(());
    };
    write(&folder, program, &render())
}

/// Leaves what is counted in a folder from now on, as [`leave`] does, a few times a minute: for programs without a port for
/// Prometheus. Begins to count. Without a folder in the environment or in `folder` nothing is left.
pub fn keep_leaving(program: &'static str, folder: Option<PathBuf>) {
    let named = || std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let Some(folder) = folder.or_else(named) else { return };
    start();
    let leaving = move || loop {
        std::thread::sleep(LEAVING);
        leave_in(&folder, program);
    };
    if let Err(error) = std::thread::Builder::new().name("counts".to_owned()).spawn(leaving) {
        tracing::warn!(%error, program, "what is counted is not left for anybody");
    }
}

/// Leaves what was counted in this folder, under the program's name. That nobody can read it is no reason to fail.
pub fn leave_in(folder: &Path, program: &str) {
    if let Err(error) = write(folder, program, &render()) {
        tracing::warn!(%error, program, "what was counted is not left for anybody");
    }
}

fn write(folder: &Path, program: &str, text: &str) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // A program that runs twice at once has its own half.
    let half = folder.join(format!(".{program}.{}.half", std::process::id()));
    std::fs::write(&half, text)?;
    std::fs::rename(half, folder.join(format!("{program}.prom")))
}

/// What programs that have ended left in the folder that the environment names.
pub fn left() -> String {
    std::env::var_os(FOLDER).map(|folder| read(Path::new(&folder))).unwrap_or_default()
}

fn read(folder: &Path) -> String {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "prom")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            files.insert(path, text);
        }
    }
    // Help and type may be said once only, and every file says them.
    let mut said = std::collections::BTreeSet::new();
    let mut all = String::new();
    for line in files.values().flat_map(|text| text.lines()).filter(|line| !line.is_empty()) {
        if !line.starts_with('#') || said.insert(line.to_owned()) {
            all.push_str(line);
            all.push('\n');
        }
    }
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_who_has_the_token_may_read() {
        let token = SecretString::from("secret".to_owned());
        let (near, far) = ("127.0.0.1".parse().ok(), "203.0.113.9".parse().ok());
        assert!(allowed(near, false, None, None));
        assert!(!allowed(near, true, None, None), "behind a proxy everybody is local");
        assert!(!allowed(far, false, None, None) && !allowed(None, false, None, None));
        assert!(allowed(far, true, Some("Bearer secret"), Some(&token)));
        assert!(!allowed(far, false, Some("Bearer Secret"), Some(&token)));
        assert!(!allowed(near, false, Some("Bearer wrong"), Some(&token)), "a wrong token is no reader");
        assert!(!allowed(far, false, Some("Bearer "), None));
        // The old one is good until it is taken away; nothing between commas is a token.
        let both = SecretString::from("new, secret,".to_owned());
        for shown in ["Bearer new", "Bearer secret"] {
            assert!(allowed(far, true, Some(shown), Some(&both)), "{shown}");
        }
        for shown in ["Bearer ", "Bearer new, secret,", "Bearer ,"] {
            assert!(!allowed(far, true, Some(shown), Some(&both)), "{shown}");
        }
    }

    #[test]
    fn what_programs_leave_is_read_together() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "collector", "# TYPE a gauge\na{stage=\"collect\"} 1\n\n").unwrap();
        write(folder.path(), "ml-vm", "# TYPE a gauge\na{stage=\"predict\"} 2\n").unwrap();
        write(folder.path(), "ml-vm", "# TYPE a gauge\na{stage=\"predict\"} 3\n").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "a 9").unwrap();
        let together = "# TYPE a gauge\na{stage=\"collect\"} 1\na{stage=\"predict\"} 3\n";
        assert_eq!(read(folder.path()), together);
        assert_eq!(read(&folder.path().join("absent")), "");
    }

    #[test]
    fn what_is_counted_is_rendered_with_its_meaning() {
        start();
        start();
        answered("/assets/{symbol}", "GET", 200, Duration::from_millis(20));
        answered("/assets/{symbol}", "GET", 503, Duration::from_millis(200));
        metrics::gauge!("quarterday_dead_letters").set(2.0);
        let text = render();
        for line in [
            "# TYPE http_requests_total counter",
            "http_requests_total{route=\"/assets/{symbol}\",method=\"GET\",status=\"503\"} 1",
            "http_request_duration_seconds_bucket{route=\"/assets/{symbol}\",le=\"0.1\"} 1",
            "http_request_duration_seconds_count{route=\"/assets/{symbol}\"} 2",
            "quarterday_dead_letters 2",
            "# HELP quarterday_dead_letters Messages that nobody took",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
