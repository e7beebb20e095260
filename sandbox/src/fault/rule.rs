//! The plan as its file states it, and one of its rules.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::kind::{BrokerFault, Entry, Kind, Paging, Refusal};
use crate::serve::asks_for_page;
use crate::service::SOURCES;
use crate::wire::Request;

/// The fields that every rule may have.
const COMMON_FIELDS: [&str; 8] = ["source", "kind", "path", "every", "probability", "seed", "times", "after"];

/// The source that speaks no HTTP.
const BROKER: &str = "interactive_brokers";

/// A plan's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// What probabilities are drawn from.
    #[serde(default)]
    pub seed: u64,
    /// The rules, in the order in which they are tried.
    pub rules: Vec<Map<String, Value>>,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// A source's name; `None` is each for which the kind makes sense.
    source: Option<&'static str>,
    /// What happens.
    pub entry: &'static Entry,
    /// When, and in what measure.
    pub stated: Stated,
}

/// What a rule states beside source and kind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stated {
    path: Option<String>,
    every: Option<u64>,
    probability: Option<f64>,
    seed: Option<u64>,
    /// The most that it strikes.
    pub times: Option<u64>,
    after: u64,
    /// What the kind takes.
    #[serde(flatten)]
    pub settings: Settings,
}

/// What a kind can be told. Each kind takes only some of it; [`Entry::fields`] says which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// A wait in real seconds.
    pub retry_after_s: Option<u64>,
    /// State it as an HTTP date.
    pub as_date: bool,
    /// An HTTP status.
    pub status: Option<u16>,
    /// Real milliseconds.
    pub ms: Option<u64>,
    /// Minutes.
    pub minutes: Option<i64>,
    /// Meta's error code.
    pub code: Option<u32>,
    /// Which message of Alpha Vantage.
    pub wording: Wording,
    /// In quotes.
    pub as_text: bool,
    /// Infinity, not NaN.
    pub infinity: bool,
    /// So many bytes.
    pub bytes: Option<u64>,
    /// So many items.
    pub items: Option<usize>,
    /// Under ever new ids.
    pub distinct: bool,
}

/// What Alpha Vantage says instead of data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wording {
    /// The day's calls are used up.
    #[default]
    Daily,
    /// Not in this plan.
    Premium,
    /// The day's calls are used up; the message repeats the key.
    Echo,
    /// The minute's calls are used up, in the older manner.
    Note,
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// When it makes no sense; the message says what would.
    pub(super) fn read(fields: &Map<String, Value>) -> Result<Self> {
        let text = |name: &str| {
            let value = fields.get(name).with_context(|| format!("{name} is missing: add it"))?;
            value.as_str().with_context(|| format!("{name} is {value}, not a text"))
        };
        let source =
            match text("source")? {
                "*" => None,
                name => Some(*SOURCES.iter().find(|source| **source == name).with_context(|| {
                    format!("source {name:?} is unknown: use {} or *", SOURCES.join(", "))
                })?),
            };
        let fitting = || Entry::names_for(source.unwrap_or("*")).join(", ");
        let kind = text("kind")?;
        let entry = Entry::named(kind)
            .with_context(|| format!("kind {kind:?} is unknown: use one of {}", fitting()))?;
        if let Some(source) = source.filter(|source| !entry.sources.contains(source)) {
            bail!("kind {kind:?} makes no sense for {source}: use one of {}", fitting());
        }
        if let Some(field) = fields
            .keys()
            .map(String::as_str)
            .find(|f| !COMMON_FIELDS.contains(f) && !entry.fields.contains(f))
        {
            let known: Vec<&str> = COMMON_FIELDS.iter().chain(entry.fields).copied().collect();
            bail!("{kind} takes no field {field:?}: use {}", known.join(", "));
        }
        let stated: Stated = serde_json::from_value(Value::Object(fields.clone()))?;
        let rule = Self { source, entry, stated };
        rule.check()?;
        Ok(rule)
    }

    fn check(&self) -> Result<()> {
        let Stated { every, probability, settings, .. } = &self.stated;
        ensure!(*every != Some(0), "every is 0: give 1 or more");
        if let Some(p) = probability {
            ensure!((0.0..=1.0).contains(p), "probability {p} is not between 0 and 1");
            ensure!(every.is_none(), "give every or probability, not both");
        }
        if let Some(status) = settings.status {
            ensure!((500..=599).contains(&status), "status {status} is no server error: give 500 to 599");
        }
        if let Some(code) = settings.code {
            let known: &[u32] = match self.entry.kind {
                Kind::Refusal(Refusal::MetaUsage) => &[4, 17, 32, 341, 613, 80001, 80002],
                _ => &[10, 200],
            };
            ensure!(known.contains(&code), "code {code} is none of {known:?}");
        }
        let minutes = settings.minutes.unwrap_or(0);
        ensure!((-1440..=1440).contains(&minutes), "minutes {minutes} is more than a day");
        ensure!(
            minutes >= 0 || self.entry.kind != Kind::Refusal(Refusal::MetaUsage),
            "minutes {minutes} is no time to wait: give 0 or more"
        );
        ensure!(settings.items != Some(0), "items is 0: give 1 or more");
        Ok(())
    }

    /// Whether it can strike a source.
    pub(super) fn is_for(&self, source: &str) -> bool {
        self.source.is_none_or(|named| named == source) && self.entry.sources.contains(&source)
    }

    /// Whether a request is one of those that it counts.
    pub(super) fn covers(&self, source: &str, request: &Request) -> bool {
        self.is_for(source)
            && self.stated.path.as_deref().is_none_or(|glob| is_match(glob, request))
            && (if source == BROKER { self.fits_broker(request) } else { self.fits(source, request) })
    }

    fn fits_broker(&self, request: &Request) -> bool {
        let connects =
            matches!(self.entry.kind, Kind::Broker(BrokerFault::Server212 | BrokerFault::ClientIdInUse));
        connects == (request.path == "/connect")
    }

    /// Whether a kind has anything to do with such a request.
    fn fits(&self, source: &str, request: &Request) -> bool {
        let about_tokens =
            ["access_token", "debug_token", "getcrumb"].iter().any(|end| request.path.ends_with(end));
        match self.entry.kind {
            Kind::Refusal(Refusal::TokenError200) => request.path.ends_with("access_token"),
            Kind::Paging(Paging::ExpiredPageToken | Paging::DeletedAnchor) => {
                request.method == "GET" && asks_for_page(source, request, true)
            }
            Kind::Refusal(Refusal::TokenExpired | Refusal::PermissionRevoked | Refusal::MetaUsage) => {
                !about_tokens
            }
            Kind::Paging(_) => request.method == "GET" && asks_for_page(source, request, false),
            Kind::Content(_) | Kind::Feed(_) | Kind::Text(_) => !about_tokens && request.method == "GET",
            _ => true,
        }
    }

    /// Whether it strikes the `count`-th request that it covers. `draw` is a random number.
    pub(super) fn strikes(&self, count: u64, draw: u64) -> bool {
        let Some(count) = count.checked_sub(self.stated.after).filter(|count| *count > 0) else {
            return false;
        };
        match (self.stated.probability, self.entry.kind) {
            (_, Kind::Refusal(Refusal::Unavailable)) => true,
            (Some(p), _) => ((draw >> 11) as f64) < p * (1u64 << 53) as f64,
            (None, _) => count.is_multiple_of(self.stated.every.unwrap_or(1)),
        }
    }

    /// What its probabilities are drawn from.
    pub(super) fn seed(&self, plan_seed: u64) -> u64 {
        self.stated.seed.unwrap_or(plan_seed)
    }
}

/// Whether `glob` fits the request's path; a glob with a question mark is held against path and query.
fn is_match(glob: &str, request: &Request) -> bool {
    if !glob.contains('?') {
        return fits_glob(glob, &request.path);
    }
    let pairs: Vec<String> = request.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    fits_glob(glob, &format!("{}?{}", request.path, pairs.join("&")))
}

/// `*` stands for any characters, none included.
fn fits_glob(glob: &str, text: &str) -> bool {
    let Some((head, tail)) = glob.split_once('*') else { return glob == text };
    let Some(rest) = text.strip_prefix(head) else { return false };
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| fits_glob(tail, &rest[at..]))
}

impl Kind {
    /// The paging fault that it is.
    pub(crate) fn paging(self) -> Option<Paging> {
        if let Self::Paging(kind) = self { Some(kind) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, text, fits) in [
            ("/a/*", "/a/rss.xml", true),
            ("*/rss.xml", "/a/rss.xml", true),
            ("*a*b", "xxaxxbxxb", true),
            ("/a", "/a/b", false),
            ("*", "", true),
            ("/é*", "/éa", true),
            ("a*b*c", "acb", false),
        ] {
            assert_eq!(fits_glob(glob, text), fits, "{glob} {text}");
        }
    }
}
