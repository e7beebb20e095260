//! The program's log: plain lines for people, or JSON for Cloud Logging.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Sends the program's log to standard error: plain lines, or JSON with `QUARTERDAY_LOG=json`; levels from `RUST_LOG`, else
/// `level` for our own words and warnings of the libraries.
pub fn init_tracing_at(program: &'static str, level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new(format!("{level},actix_server=warn,sqlx=warn,hyper=warn,h2=warn"))
    });
    // A log on a full disk is lost; to complain of that on the same disk would end the program.
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let builder = builder.log_internal_errors(false);
    let json = std::env::var("QUARTERDAY_LOG").is_ok_and(|format| format == "json");
    let result = if json {
        builder.event_format(Json { program }).try_init()
    } else {
        builder.with_target(false).with_ansi(false).try_init()
    };
    if result.is_ok() {
        tracing::debug!(program, "log started");
    }
}

/// [`init_tracing_at`] level `info`.
pub fn init_tracing(program: &'static str) {
    init_tracing_at(program, "info");
}

/// One JSON object a line, as Cloud Logging reads it: `severity`, `message`, `time`, and the fields beside them.
struct Json {
    program: &'static str,
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut line = Line(Map::new());
        event.record(&mut line);
        let Line(mut line) = line;
        line.insert("severity".to_owned(), severity(*metadata.level()).into());
        let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        line.insert("time".to_owned(), now.into());
        line.insert("program".to_owned(), self.program.into());
        line.insert("target".to_owned(), metadata.target().into());
        if let Some(parent) = crate::trace::current() {
            line.insert("trace_id".to_owned(), parent.trace.to_string().into());
            line.insert("span_id".to_owned(), format!("{:016x}", parent.span).into());
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// The names of Cloud Logging's levels.
fn severity(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        Level::DEBUG | Level::TRACE => "DEBUG",
    }
}

struct Line(Map<String, Value>);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_what_cloud_logging_reads() {
        let buffer = Buffer::default();
        let kept = buffer.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || kept.clone())
            .event_format(Json { program: "functions" })
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(alert = "stock-out/collect", tries = 4, "no zone\nhas \"room\"");
        });
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["severity"], "ERROR");
        assert_eq!(line["message"], "no zone\nhas \"room\"");
        assert_eq!((&line["alert"], &line["tries"]), (&"stock-out/collect".into(), &4.into()));
        assert!(line["time"].as_str().unwrap().ends_with('Z'));
    }
}
