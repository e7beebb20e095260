//! Reading and checking the settings.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use domain::SourceId;
use domain::manifest::Unread;
use serde_json::{Map, Value, json};

use super::section::{Section, SettingsError};
use super::{Connected, Limits, PartialTerms, Settings};
use crate::sources;

const VARIABLE: &str = "QUARTERDAY_SOURCES";

/// What the sandbox says beside settings; it is not ours.
const INFORMATION: [&str; 5] = ["world", "start", "end", "licence", "symbols"];

/// Reads the settings that `QUARTERDAY_SOURCES` names.
///
/// # Errors
/// The variable is not set, the file or address cannot be read, or the settings cannot be used.
pub async fn from_env() -> anyhow::Result<Settings> {
    let place = std::env::var(VARIABLE).ok().filter(|place| !place.is_empty()).with_context(|| {
        format!("{VARIABLE} is not set: name a TOML or JSON file that says which sources to read")
    })?;
    let lookup = |name: &str| std::env::var(name).ok();
    let settings = if place.starts_with("http://") {
        let client =
            reqwest::Client::builder().tls_certs_only([]).timeout(Duration::from_secs(20)).build()?;
        let reply = client.get(&place).send().await.and_then(reqwest::Response::error_for_status);
        let body = match reply {
            Ok(reply) => reply.text().await,
            Err(error) => Err(error),
        };
        let body = body.with_context(|| {
            format!("{VARIABLE}: {place} did not answer with settings: start what serves it")
        })?;
        Settings::parse(&body, true, lookup)
    } else {
        let body = std::fs::read_to_string(&place)
            .with_context(|| format!("{VARIABLE}: cannot read {place}: make it, or name another file"))?;
        Settings::parse(&body, Path::new(&place).extension().is_some_and(|e| e == "json"), lookup)
    };
    settings.with_context(|| format!("{VARIABLE}: {place}"))
}

impl Settings {
    /// Reads and checks settings; `variable` looks up what a field ending in `_env` names.
    ///
    /// # Errors
    /// Not of the right form, or a field is missing, unknown or cannot be used; the field is named.
    pub fn parse(
        body: &str,
        json: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut root: Map<String, Value> = if json {
            serde_json::from_str(body).map_err(|e| SettingsError::Form(e.to_string()))?
        } else {
            toml::from_str(body).map_err(|e| SettingsError::Form(e.message().to_owned()))?
        };
        // A plain list of feeds stands for a section that has nothing else.
        if let Some(list) = root.get_mut("feeds").filter(|feeds| feeds.is_array()) {
            *list = json!({"outlets": list.take()});
        }
        let secrets = RefCell::default();
        let whole = Section::new("", &root, &variable, &secrets);
        INFORMATION.iter().try_for_each(|name| whole.get::<Value>(name).map(drop))?;
        let terms: BTreeMap<String, PartialTerms> = whole.get("terms")?.unwrap_or_default();
        let known = || sources::ALL.iter().map(|definition| definition.id).collect::<Vec<_>>().join(", ");
        if let Some(name) = terms.keys().find(|name| sources::named(name).is_none()) {
            let advice = format!("the sources are {}", known());
            return Err(SettingsError::Unknown { field: format!("terms.{name}"), advice });
        }
        let (mut connected, mut unread) = (BTreeMap::new(), BTreeMap::new());
        for definition in sources::ALL {
            let id = SourceId::new(definition.id);
            let fields: Option<Map<String, Value>> = whole.get(definition.id)?;
            let terms = terms.get(definition.id).copied().unwrap_or_default().or(definition.terms);
            let Some(fields) = fields else {
                unread.insert(id, Unread::NotConnected);
                continue;
            };
            // Also what may not be read is checked, so that switching it on brings no surprise.
            let section = Section::new(definition.id, &fields, &variable, &secrets);
            let source = (definition.configure)(&section)?;
            section.finish()?;
            if terms.enabled {
                connected.insert(id, Connected { source, terms });
            } else {
                unread.insert(id, Unread::NotLicensed);
            }
        }
        let user_agent = whole.get("user_agent")?;
        let user_agent = user_agent.unwrap_or_else(|| format!("quarterday/{}", env!("CARGO_PKG_VERSION")));
        let limits: Option<Map<String, Value>> = whole.get("limits")?;
        let limits = match &limits {
            Some(fields) => read_limits(&Section::new("limits", fields, &variable, &secrets))?,
            None => Limits::default(),
        };
        whole.finish()?;
        drop(whole);
        Ok(Self { user_agent, sources: connected, unread, limits, secrets: secrets.into_inner() })
    }
}

fn read_limits(section: &Section<'_>) -> Result<Limits, SettingsError> {
    let default = Limits::default();
    let seconds = |field: &str, default: Duration| {
        let stated = section.get::<f64>(field)?;
        match stated {
            None => Ok(default),
            Some(s) if s > 0.0 && s <= 86_400.0 => Ok(Duration::from_secs_f64(s)),
            Some(s) => Err(section.wrong(field, &s.to_string(), "write seconds above 0, at most 86400")),
        }
    };
    let limits = Limits {
        tries: section.get("tries")?.unwrap_or(default.tries).clamp(1, 20),
        source: seconds("source_seconds", default.source)?,
        rounds: section.get("rounds")?.unwrap_or(default.rounds).clamp(1, 10),
        again: seconds("again_seconds", default.again)?,
        connect: seconds("connect_seconds", default.connect)?,
        idle: seconds("idle_seconds", default.idle)?,
        request: seconds("request_seconds", default.request)?,
        pages: section.get("pages")?.unwrap_or(default.pages).max(1),
        lag: section.get::<u32>("lag_minutes")?.map_or(default.lag, |m| chrono::Duration::minutes(m.into())),
        revision: section
            .get::<u32>("revision_hours")?
            .map_or(default.revision, |h| chrono::Duration::hours(h.into())),
        revision_posts: section.get("revision_posts")?.unwrap_or(default.revision_posts),
    };
    section.finish()?;
    Ok(limits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn parse(body: &str) -> Result<Settings, SettingsError> {
        Settings::parse(body, body.starts_with('{'), |name| {
            (name == "TOKEN").then(|| "from-variable".to_owned())
        })
    }

    #[test]
    fn reads_json_with_a_list_of_feeds_and_toml_with_references() {
        let json = parse(
            r#"{"world":"w","symbols":["A"],"x":{"base_url":"http://127.0.0.1:1/x","bearer_token":"t","lists":["2","1","2"]},
                "feeds":[{"outlet":"b","url":"http://h/b"},{"outlet":"a","url":"http://h/a","lang":"es-MX","zone":"+05:30"}]}"#,
        )
        .unwrap();
        assert_eq!(json.sources.keys().map(SourceId::as_str).collect::<Vec<_>>(), ["feeds", "x"]);
        assert_eq!(json.unread[&SourceId::new("alpaca")], Unread::NotConnected);
        assert!(!json.needs_tls());
        let toml =
            parse("[x]\nbearer_token_env = \"TOKEN\"\n[terms.x]\nmay_train = true\n[limits]\ntries = 2\nidle_seconds = 0.5\n")
                .unwrap();
        assert_eq!(toml.secrets.iter().map(|s| s.expose_secret()).collect::<Vec<_>>(), ["from-variable"]);
        assert!(toml.needs_tls() && toml.sources[&SourceId::new("x")].terms.may_train);
        assert_eq!(toml.limits.idle, Duration::from_millis(500));
        assert!(!format!("{toml:?}").contains("from-variable"));
        let off = parse("[x]\nbearer_token_env = \"TOKEN\"\n[terms.x]\nenabled = false\n").unwrap();
        assert_eq!(off.unread[&SourceId::new("x")], Unread::NotLicensed);
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        for (body, part) in [
            ("{}x", "not readable"),
            ("[x]\n", "x.bearer_token is missing"),
            ("[x]\nbearer_token_env = \"NOPE\"\n", "variable NOPE, which is not set"),
            ("[x]\nbearer_token = \"t\"\nlists = [\"a\"]\n", "x.lists is \"a\""),
            ("[x]\nbearer_token = \"t\"\nmax_post = 1\n", "x.max_post is not a field that is known"),
            ("[x]\nbearer_token = 7\n", "x.bearer_token is 7"),
            ("[stocktwits]\nbase_url = \"ftp://x\"\n", "stocktwits.base_url is"),
            ("[[feeds]]\noutlet = \"o\"\nurl = \"http://h\"\nzone = \"IST\"\n", "zone is \"IST\""),
            ("[[feeds]]\noutlet = \"o\"\n", "feeds.outlets[0].url is missing"),
            ("[terms.myspace]\nenabled = true\n", "terms.myspace is not a field"),
            ("[terms.x]\nmay_shine = true\n", "terms is"),
            ("[limits]\nidle_seconds = 0\n", "limits.idle_seconds is \"0\""),
            ("[myspace]\n", "myspace is not a field"),
        ] {
            let error = parse(body).unwrap_err().to_string();
            assert!(error.contains(part), "{body}: {error}");
        }
    }
}
