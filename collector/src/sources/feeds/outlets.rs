//! Lists of feeds: the built-in one and an operator's own, as CSV with a line of names.
//!
//! | column | meaning |
//! | --- | --- |
//! | `outlet`, `url` | who publishes it and where |
//! | `category` | what it is about, for choosing |
//! | `country` | for people who read the list |
//! | `lang` | two letters of ISO 639-1; may be empty |
//! | `zone` | offset of dates that name no zone, such as `+05:30`; may be empty |

use chrono::FixedOffset;
use serde::Deserialize;
use url::Url;

use super::Feed;
use crate::settings::{Section, SettingsError};
use crate::{instant, text};

/// The list that comes with the program.
const BUILT_IN: &str = include_str!("../../../outlets.csv");

#[derive(Deserialize)]
struct Row {
    outlet: String,
    url: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    zone: String,
}

/// The feeds of the settings: `builtin`, `file` (both only of `categories` where that is said, and without the outlets or
/// addresses that `except` names) and the tables of `outlets`; sorted, each once.
///
/// # Errors
/// A list cannot be read, or a field of a feed cannot be used; it is named.
pub(super) fn configure(section: &Section<'_>) -> Result<Vec<Feed>, SettingsError> {
    let mut feeds = Vec::new();
    let categories = section.list("categories")?;
    if section.get::<bool>("builtin")?.unwrap_or(false) {
        feeds.extend(list(section, "builtin", BUILT_IN, categories.as_deref())?);
    }
    if let Some(path) = section.get::<String>("file")? {
        let reason = |error: std::io::Error| SettingsError::File {
            field: section.path("file"),
            reason: format!("{path} cannot be read ({error}): make it, or name another file"),
        };
        let csv = std::fs::read_to_string(&path).map_err(reason)?;
        feeds.extend(list(section, "file", &csv, categories.as_deref())?);
    }
    for name in section.list("except")?.unwrap_or_default() {
        let before = feeds.len();
        feeds.retain(|feed: &Feed| feed.outlet != name && feed.url.as_str() != name);
        if feeds.len() == before {
            return Err(section.wrong("except", &name, "name an outlet or an address of the list"));
        }
    }
    for table in section.tables("outlets")? {
        let url = match (table.get::<String>("url")?, table.secret_or_none("url")?) {
            (Some(url), _) => table.address("url", &url)?,
            (None, Some(url)) => table.address("url", secrecy::ExposeSecret::expose_secret(&url))?,
            (None, None) => return Err(SettingsError::Missing(table.path("url"))),
        };
        let zone = table.get::<String>("zone")?;
        let outlet = table.get("outlet")?.ok_or_else(|| SettingsError::Missing(table.path("outlet")))?;
        let lang = table.get::<String>("lang")?.as_deref().and_then(text::language);
        feeds.push(Feed { outlet, url, lang, zone: zone.map(|zone| offset(&table, &zone)).transpose()? });
        table.finish()?;
    }
    feeds.sort_by(|a, b| (&a.outlet, &a.url).cmp(&(&b.outlet, &b.url)));
    // What a table says comes after the lists only where both name the same feed; then it is one.
    feeds.dedup_by(|a, b| (&a.outlet, &a.url) == (&b.outlet, &b.url));
    Ok(feeds)
}

fn offset(section: &Section<'_>, zone: &str) -> Result<FixedOffset, SettingsError> {
    instant::offset(zone).ok_or_else(|| section.wrong("zone", zone, "write an offset such as +05:30"))
}

fn list(
    section: &Section<'_>,
    field: &str,
    csv: &str,
    categories: Option<&[String]>,
) -> Result<Vec<Feed>, SettingsError> {
    let wrong = |line: u64, what: &str| SettingsError::File {
        field: section.path(field),
        reason: format!("line {line} of the list: {what}"),
    };
    let mut feeds = Vec::new();
    let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
    for row in reader.deserialize::<Row>() {
        let row = row.map_err(|error| {
            wrong(error.position().map_or(1, csv::Position::line), &format!("{error}: correct it"))
        })?;
        let line = feeds.len() as u64 + 2;
        if categories.is_some_and(|wanted| !wanted.contains(&row.category)) {
            continue;
        }
        let url = Url::parse(&row.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| wrong(line, &format!("{:?} is no address of a feed", row.url)))?;
        let zone = match row.zone.as_str() {
            "" => None,
            zone => Some(instant::offset(zone).ok_or_else(|| {
                wrong(line, &format!("the zone is {zone:?}: write an offset such as +05:30"))
            })?),
        };
        feeds.push(Feed { outlet: row.outlet, url, lang: text::language(&row.lang), zone });
    }
    Ok(feeds)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::settings::Settings;

    /// How many feeds settings name, or what is wrong with them.
    fn configured(feeds: &str) -> Result<String, String> {
        let settings = Settings::parse(&format!("[feeds]\n{feeds}"), false, |_| None);
        settings.map(|settings| format!("{settings:?}")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_built_in_list_can_be_used_whole_and_in_part() {
        let count = |feeds: &str| configured(feeds).unwrap().matches("Feed {").count();
        let all = count("builtin = true");
        assert!(all > 150, "{all}");
        let banks = count("builtin = true\ncategories = [\"central-bank\"]");
        assert!(banks > 3 && banks < all);
        let twice = "builtin = true\n[[feeds.outlets]]\noutlet = \"ANSA\"\nurl = \"https://www.ansa.it/sito/notizie/economia/economia_rss.xml\"";
        assert_eq!(count(twice), all);
    }

    #[test]
    fn an_operators_list_is_read_and_its_mistakes_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |rows: &str| {
            let path = folder.path().join("feeds.csv");
            std::fs::write(&path, format!("outlet,url,category,country,lang,zone\n{rows}")).unwrap();
            format!("file = {:?}", path.to_str().unwrap())
        };
        assert!(
            configured(&write("A,https://a.example/f,markets,IN,en,+05:30\n")).unwrap().contains("a.example")
        );
        for (rows, part) in [
            ("A,not an address,markets,IN,en,\n", "line 2 of the list"),
            ("A,https://a.example/f,markets,IN,en,IST\n", "the zone is"),
            ("A\n", "line 2"),
        ] {
            let error = configured(&write(rows)).unwrap_err();
            assert!(error.contains("feeds.file") && error.contains(part), "{error}");
        }
        assert!(
            configured("file = \"/nowhere/feeds.csv\"").unwrap_err().contains("make it, or name another")
        );
    }
}
