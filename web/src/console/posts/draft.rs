//! A post as the form sends it, and what is wrong with it.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Kind;

/// Longest title, in characters.
const TITLE: usize = 120;
/// Longest text in one language, in bytes.
const BODY: usize = 100_000;
/// Longest name in an address, in characters.
const SLUG: usize = 80;

/// What the form sends.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Fields {
    /// Its name in the address.
    pub slug: String,
    /// `announcement` or `analysis`.
    pub kind: String,
    /// Title in English.
    pub title_en: String,
    /// Title in Spanish.
    pub title_es: String,
    /// Markdown in English.
    pub body_en: String,
    /// Markdown in Spanish.
    pub body_es: String,
    /// When it is to be seen, as `2026-11-22T06:00` in UTC.
    pub publish_at: String,
    /// What changed, or why.
    pub note: String,
    /// What to do: `preview`, `save`, `schedule`, `publish`, `withdraw`.
    pub act: String,
    /// The version that the form was made from; 0 for a new post.
    pub version: i32,
}

/// What to do with a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Shows it to who writes it.
    Preview,
    /// Keeps it as it is: a draft stays one, a visible post shows the new version.
    Save,
    /// Makes it visible at an instant to come.
    Schedule(DateTime<Utc>),
    /// Makes it visible now.
    Publish,
    /// Takes it back.
    Withdraw,
}

/// A post that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its name in the address.
    pub slug: String,
    /// What it is.
    pub kind: Kind,
    /// Titles in English and Spanish.
    pub titles: [String; 2],
    /// Markdown in English and Spanish.
    pub bodies: [String; 2],
    /// What changed.
    pub note: String,
}

impl Draft {
    /// Whether it is there in both languages.
    pub fn is_whole(&self) -> bool {
        self.titles.iter().chain(&self.bodies).all(|text| !text.trim().is_empty())
    }
}

impl Fields {
    /// What is to be done with it at `now`.
    ///
    /// # Errors
    /// The key of what is wrong.
    pub fn act(&self, now: DateTime<Utc>) -> Result<Act, &'static str> {
        match self.act.as_str() {
            "preview" => Ok(Act::Preview),
            "save" => Ok(Act::Save),
            "publish" => Ok(Act::Publish),
            "withdraw" => Ok(Act::Withdraw),
            "schedule" => {
                let at = NaiveDateTime::parse_from_str(&self.publish_at, "%Y-%m-%dT%H:%M").ok();
                let at = at
                    .map(|at| at.and_utc())
                    .filter(|at| *at > now && *at < now + chrono::Duration::days(366));
                at.map(Act::Schedule).ok_or("post_bad_time")
            }
            _ => Err("post_bad_act"),
        }
    }

    /// The post.
    ///
    /// # Errors
    /// The key of what is wrong.
    pub fn parse(&self) -> Result<Draft, &'static str> {
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let kind = Kind::parse(&self.kind).ok_or("post_bad_kind")?;
        let titles = [line(&self.title_en), line(&self.title_es)];
        if titles.iter().all(String::is_empty) || titles.iter().any(|title| title.chars().count() > TITLE) {
            return Err("post_bad_title");
        }
        let bodies = [&self.body_en, &self.body_es].map(|body| body.replace("\r\n", "\n").replace('\0', ""));
        if bodies.iter().any(|body| body.len() > BODY) {
            return Err("post_bad_body");
        }
        let named = if self.slug.trim().is_empty() {
            slug(titles.iter().find(|t| !t.is_empty()).map_or("", |t| t))
        } else {
            self.slug.trim().to_owned()
        };
        if !is_slug(&named) {
            return Err("post_bad_slug");
        }
        let note: String = line(&self.note).chars().filter(|c| !c.is_control()).take(200).collect();
        Ok(Draft { slug: named, kind, titles, bodies, note })
    }
}

/// Whether it can be a name in an address: small letters, digits, single hyphens between.
fn is_slug(text: &str) -> bool {
    let words = text
        .split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    words && text.len() <= SLUG && text != "new"
}

/// A name made from a title.
fn slug(title: &str) -> String {
    let plain = |c: char| match c.to_lowercase().next().unwrap_or(c) {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        c if c.is_ascii_alphanumeric() => c,
        _ => '-',
    };
    let spelled: String = title.chars().map(plain).collect();
    let mut name = String::new();
    for word in spelled.split('-').filter(|word| !word.is_empty()) {
        let separator = usize::from(!name.is_empty());
        if name.len() + separator + word.len() > SLUG {
            break;
        }
        if separator == 1 {
            name.push('-');
        }
        name.push_str(word);
    }
    name
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        Fields { kind: "analysis".into(), title_en: " What  moved?\n".into(), ..Fields::default() }
    }

    #[test]
    fn a_title_makes_a_name() {
        assert_eq!(fields().parse().unwrap().slug, "what-moved");
        assert_eq!(slug("¿Qué pasó en España?"), "que-paso-en-espana");
        assert!(slug(&"word ".repeat(40)).len() <= SLUG);
        for (name, fine) in [
            ("a-b-1", true),
            ("", false),
            ("A", false),
            ("a--b", false),
            ("-a", false),
            ("a/b", false),
            ("new", false),
        ] {
            assert_eq!(is_slug(name), fine, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let wrong = |change: fn(&mut Fields)| {
            let mut fields = fields();
            change(&mut fields);
            fields.parse().unwrap_err()
        };
        assert_eq!(wrong(|f| f.kind = "advert".into()), "post_bad_kind");
        assert_eq!(wrong(|f| f.title_en = " ".into()), "post_bad_title");
        assert_eq!(wrong(|f| f.title_es = "x".repeat(121)), "post_bad_title");
        assert_eq!(wrong(|f| f.body_es = "x".repeat(BODY + 1)), "post_bad_body");
        assert_eq!(wrong(|f| f.slug = "../etc".into()), "post_bad_slug");
        assert_eq!(wrong(|f| f.title_en = "???".into()), "post_bad_slug");
        assert!(!fields().parse().unwrap().is_whole());
    }

    #[test]
    fn a_time_to_come_is_a_schedule() {
        let now = "2026-11-22T06:00:00Z".parse().unwrap();
        let act = |at: &str| Fields { act: "schedule".into(), publish_at: at.into(), ..fields() }.act(now);
        assert_eq!(act("2026-11-22T06:30"), Ok(Act::Schedule("2026-11-22T06:30:00Z".parse().unwrap())));
        for wrong in ["2026-11-22T06:00", "2026-11-21T06:30", "2028-11-22T06:30", "soon", ""] {
            assert_eq!(act(wrong), Err("post_bad_time"), "{wrong}");
        }
        assert_eq!(Fields { act: "delete".into(), ..fields() }.act(now), Err("post_bad_act"));
    }
}
