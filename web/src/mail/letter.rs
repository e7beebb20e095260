//! What a mail says: parts that become plain text and simple HTML alike, so that the two never differ.

use serde::Serialize;
use tera::Context;

use crate::error::Error;
use crate::templates::Templates;
use crate::text::{Lang, text};

/// Why a customer gets a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// About the account itself: cannot be unsubscribed from.
    Account,
    /// An alert fired.
    Alert,
    /// The weekly report.
    Report,
}

impl Kind {
    /// Its name in Postgres and in links.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Alert => "alert",
            Self::Report => "report",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Account, Self::Alert, Self::Report].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One part of a letter.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "part", rename_all = "lowercase")]
pub enum Part {
    /// A heading.
    Heading {
        /// Its words.
        text: String,
    },
    /// A paragraph.
    Text {
        /// Its words.
        text: String,
    },
    /// A link on a line of its own.
    Link {
        /// What it is called.
        label: String,
        /// Where it leads.
        url: String,
    },
    /// Rows of figures under headers.
    Table {
        /// One for each column.
        headers: Vec<String>,
        /// Cells, row by row.
        rows: Vec<Vec<String>>,
    },
}

impl Part {
    /// A paragraph.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// A heading.
    pub fn heading(text: impl Into<String>) -> Self {
        Self::Heading { text: text.into() }
    }

    /// A link.
    pub fn link(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self::Link { label: label.into(), url: url.into() }
    }
}

/// A file that goes with a mail.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its content, a PDF.
    pub content: Vec<u8>,
}

/// A mail that is to be written.
#[derive(Debug, Clone)]
pub struct Letter {
    /// What it is about: the same cause makes one mail, however often it is queued.
    pub dedupe_key: String,
    /// The account that it belongs to; `None`: to somebody without one.
    pub customer_id: Option<i64>,
    /// The address.
    pub to: String,
    /// Its language.
    pub lang: Lang,
    /// Why it is sent.
    pub kind: Kind,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub parts: Vec<Part>,
    /// Where one unsubscribes from its kind; `None`: transactional.
    pub unsubscribe_url: Option<String>,
    /// A file that goes with it.
    pub attachment: Option<Attachment>,
}

/// Subjects are cut here, in characters.
const SUBJECT_CHARS: usize = 200;

impl Letter {
    /// Its subject on one line: nothing in it can become a header of its own.
    pub fn safe_subject(&self) -> String {
        let spaced = self.subject.chars().map(|c| if c.is_control() { ' ' } else { c });
        let one_line: String = spaced.take(SUBJECT_CHARS).collect();
        one_line.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Its body as plain text.
    pub fn text_body(&self) -> String {
        let mut paragraphs: Vec<String> = self.parts.iter().map(plain).collect();
        paragraphs.push(self.footer());
        if let Some(url) = &self.unsubscribe_url {
            paragraphs.push(format!("{}: {url}", text(self.lang, "mail_unsubscribe")));
        }
        paragraphs.join("\n\n") + "\n"
    }

    /// Its body as HTML.
    ///
    /// # Errors
    /// The template names something that it does not hold.
    pub fn html_body(&self, templates: &Templates) -> Result<String, Error> {
        let mut context = Context::new();
        context.insert("lang", self.lang.code());
        context.insert("subject", &self.safe_subject());
        context.insert("parts", &self.parts);
        context.insert("footer", &self.footer());
        context.insert("unsubscribe_url", &self.unsubscribe_url);
        context.insert("unsubscribe", text(self.lang, "mail_unsubscribe"));
        Ok(templates.render("mail/letter.html", &context)?)
    }

    fn footer(&self) -> String {
        let key = if self.kind == Kind::Account { "mail_footer_account" } else { "mail_footer" };
        text(self.lang, key).to_owned()
    }
}

fn plain(part: &Part) -> String {
    match part {
        Part::Heading { text } => format!("{text}\n{}", "-".repeat(text.chars().count())),
        Part::Text { text } => text.clone(),
        Part::Link { label, url } => format!("{label}:\n{url}"),
        Part::Table { headers, rows } => table(headers, rows),
    }
}

/// Columns padded to the widest cell.
fn table(headers: &[String], rows: &[Vec<String>]) -> String {
    let all: Vec<&[String]> = std::iter::once(headers).chain(rows.iter().map(Vec::as_slice)).collect();
    let width = |column: usize| {
        all.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headers.len()).map(width).collect();
    let line = |row: &&[String]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn letter(subject: &str, part: Part) -> Letter {
        Letter {
            dedupe_key: "k".into(),
            customer_id: None,
            to: "ada@example.org".into(),
            lang: Lang::Es,
            kind: Kind::Alert,
            subject: subject.into(),
            parts: vec![part],
            unsubscribe_url: Some("https://q.example/unsubscribe/x".into()),
            attachment: None,
        }
    }

    #[test]
    fn a_subject_cannot_become_a_header() {
        let subject = letter("News\r\nBcc: all@example.org\u{0}", Part::text("x")).safe_subject();
        assert_eq!(subject, "News Bcc: all@example.org");
    }

    #[test]
    fn names_of_others_are_text_in_html() {
        let letter = letter("<b>", Part::text("<script>alert(1)</script> & co"));
        let html = letter.html_body(&Templates::load().unwrap()).unwrap();
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
        assert!(html.contains("<title>&lt;b&gt;</title>") && html.contains("lang=\"es\""), "{html}");
        assert!(html.contains("unsubscribe"), "{html}");
        assert!(letter.text_body().contains("<script>alert(1)</script> & co"));
        assert!(letter.text_body().contains("https://q.example/unsubscribe/x"));
    }

    #[test]
    fn columns_line_up_in_plain_text() {
        let rows =
            vec![vec!["AAPL".to_owned(), "−1.2 %".to_owned()], vec!["EUR/USD".into(), "+0.3 %".into()]];
        let text = table(&["Asset".to_owned(), "Week".to_owned()], &rows);
        assert_eq!(text, "Asset    Week\nAAPL     −1.2 %\nEUR/USD  +0.3 %");
    }
}
