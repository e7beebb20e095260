//! The words of the site, in English and Spanish: Fluent files below `text/`, one folder a language, one file an area.
//!
//! A page's template names a text without placeholders as `t.key`; what holds placeholders is filled in by the code
//! with [`fill`], or with [`count`] where the wording follows a number. Keys of the two languages and their
//! placeholders are the same; a test sees to it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use tera::Value;

// `TEXTS`: language, name and content of every Fluent file, written by the build.
include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// A language of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lang {
    /// English.
    En,
    /// Spanish.
    Es,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Es];

    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The language with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The first language of an `Accept-Language` header that we speak; else English.
    /// Browsers send them in falling preference, so weights are not compared.
    pub fn from_header(header: &str) -> Self {
        let codes = header.split(',').filter_map(|part| part.trim().get(..2));
        codes.map(str::to_ascii_lowercase).find_map(|code| Self::parse(&code)).unwrap_or(Self::En)
    }
}

/// One language: its messages, and those without placeholders as they are.
struct Words {
    bundle: FluentBundle<FluentResource>,
    plain: BTreeMap<String, String>,
    /// The plain ones as templates take them, made once: two thousand texts a page would cost more than the page.
    shown: Value,
}

static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::load(Lang::En));
static SPANISH: LazyLock<Words> = LazyLock::new(|| Words::load(Lang::Es));

impl Words {
    /// Reads the language's files. What is broken in one of them is logged and left out; a test keeps that from
    /// happening.
    fn load(lang: Lang) -> Self {
        let mut bundle = FluentBundle::new_concurrent(lang.code().parse().into_iter().collect());
        // The marks round a filled-in value would show up in attributes and in mails.
        bundle.set_use_isolating(false);
        let mut keys = Vec::new();
        for (_, name, content) in TEXTS.iter().filter(|(code, ..)| *code == lang.code()) {
            let resource =
                FluentResource::try_new(held_together(content)).unwrap_or_else(|(rest, errors)| {
                    tracing::error!(lang = lang.code(), name, ?errors, "a file of texts is broken");
                    rest
                });
            keys.extend(content.lines().filter_map(key_of).map(str::to_owned));
            if let Err(errors) = bundle.add_resource(resource) {
                tracing::error!(lang = lang.code(), name, ?errors, "a text is there twice");
            }
        }
        let plain = keys.into_iter().filter_map(|key| {
            let mut errors = Vec::new();
            let pattern = bundle.get_message(&key)?.value()?;
            let text = bundle.format_pattern(pattern, None, &mut errors).into_owned();
            errors.is_empty().then_some((key, text))
        });
        let plain: BTreeMap<String, String> = plain.collect();
        let shown = Value::from_serializable(&plain);
        Self { bundle, plain, shown }
    }

    fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &ENGLISH,
            Lang::Es => &SPANISH,
        }
    }

    fn format(&self, key: &str, args: &FluentArgs) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::warn!(key, ?errors, "a text lacks a value");
        }
        text
    }
}

/// The same with spaces that no line breaks at between a number, or what is filled in, and its per cent sign.
fn held_together(content: &str) -> String {
    let mut held = String::with_capacity(content.len());
    for (n, part) in content.split(" %").enumerate() {
        if n > 0 {
            let is_figure = held.ends_with(|c: char| c.is_ascii_digit() || c == '}');
            held.push_str(if is_figure { "\u{a0}%" } else { " %" });
        }
        held.push_str(part);
    }
    held
}

/// The key of a line that starts a message.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(" =")?;
    key.starts_with(|c: char| c.is_ascii_lowercase()).then_some(key)
}

/// All texts without placeholders by key.
pub fn texts(lang: Lang) -> &'static BTreeMap<String, String> {
    &Words::of(lang).plain
}

/// The same as a value of templates, which shares them.
pub fn shown(lang: Lang) -> Value {
    Words::of(lang).shown.clone()
}

/// The text with this key; the key itself where there is none (a test sees to it that there is).
pub fn text(lang: Lang, key: &'static str) -> &'static str {
    texts(lang).get(key).map_or(key, String::as_str)
}

/// The text with this key and its placeholders filled in.
pub fn fill(lang: Lang, key: &str, values: &[(&'static str, &str)]) -> String {
    Words::of(lang)
        .format(key, &values.iter().map(|(name, value)| (*name, FluentValue::from(*value))).collect())
}

/// As [`fill`], for a text whose wording follows the number `$n`, as in `{ $n -> [one] … *[other] … }`.
pub fn count(lang: Lang, key: &str, n: i64, values: &[(&'static str, &str)]) -> String {
    let mut args: FluentArgs =
        values.iter().map(|(name, value)| (*name, FluentValue::from(*value))).collect();
    args.set("n", n);
    Words::of(lang).format(key, &args)
}

#[cfg(test)]
mod tests;
