//! Oddities of feeds.

use chrono::DateTime;

use super::blocks::Blocks;
use crate::fault::HttpFault;
use crate::fault::kind::Oddity;
use crate::moment::{HOUR, Micros, exact, utc};
use crate::wire::Answer;

/// The elements that hold an item's dates.
const DATES: [&str; 3] = ["pubDate", "published", "updated"];
/// How much later an item of the future is dated.
const LATER: Micros = 3 * 365 * 24 * HOUR;
/// So many items has a big feed unless told otherwise.
const MANY: usize = 100_000;

/// Changes a feed; an answer without items stays as it is.
pub(super) fn spoil(kind: Oddity, fault: &HttpFault, answer: &mut Answer) {
    let Some(mut feed) = Blocks::of(&answer.body) else { return };
    let chosen = (fault.draw % feed.records.len() as u64) as usize;
    match kind {
        Oddity::ZoneLess => each_date(&mut feed.records, |text, at| {
            if text.ends_with('Z') {
                utc(at).format("%Y-%m-%dT%H:%M:%S").to_string()
            } else {
                utc(at).format("%a, %d %b %Y %H:%M:%S").to_string()
            }
        }),
        Oddity::OddZone => {
            // The time on the clock there, under a name that RFC 822 does not know.
            let (name, ahead) =
                if fault.draw.is_multiple_of(2) { ("IST", 11 * HOUR / 2) } else { ("BST", HOUR) };
            each_date(&mut feed.records, |_, at| {
                format!("{} {name}", utc(at + ahead).format("%a, %d %b %Y %H:%M:%S"))
            });
        }
        Oddity::FutureDate => each_date(&mut feed.records[chosen..=chosen], |text, at| {
            if text.ends_with('Z') { exact(at + LATER) } else { crate::moment::http_date(at + LATER) }
        }),
        Oddity::NoGuid => feed.records.iter_mut().for_each(|item| remove(item, &["guid", "id"])),
        Oddity::NoGuidNoLink => {
            feed.records.iter_mut().for_each(|item| remove(item, &["guid", "id", "link"]));
        }
        Oddity::BareAmpersand => {
            let item = &mut feed.records[chosen];
            *item = item.replacen("</title>", " R&D & more</title>", 1);
        }
        Oddity::TruncatedXml => {
            feed.records.truncate(chosen + 1);
            let item = &mut feed.records[chosen];
            let half = (0..=item.len() / 2).rev().find(|at| item.is_char_boundary(*at)).unwrap_or(0);
            item.truncate(half);
            feed.tail.clear();
        }
        Oddity::BigFeed => {
            let wanted = fault.settings.items.unwrap_or(MANY);
            let own = std::mem::take(&mut feed.records);
            feed.records.reserve(wanted);
            for n in 0..wanted {
                let item = &own[n % own.len()];
                let round = n / own.len();
                feed.records.push(if fault.settings.distinct && round > 0 {
                    renumber(item, round)
                } else {
                    item.clone()
                });
            }
        }
    }
    answer.body = feed.into_page();
}

/// Rewrites the dates of items.
fn each_date(items: &mut [String], write: impl Fn(&str, Micros) -> String) {
    for item in items {
        for name in DATES {
            let (open, close) = (format!("<{name}>"), format!("</{name}>"));
            let Some((head, rest)) = item.split_once(&open) else { continue };
            let Some((text, tail)) = rest.split_once(&close) else { continue };
            let read = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
            let Ok(at) = read else { continue };
            *item = format!("{head}{open}{}{close}{tail}", write(text, at.timestamp_micros()));
        }
    }
}

/// Takes elements out of an item, also those that have no end tag.
fn remove(item: &mut String, names: &[&str]) {
    let lines = item.split_inclusive('\n').filter(|line| {
        !names.iter().any(|name| {
            line.strip_prefix('<')
                .and_then(|line| line.strip_prefix(name))
                .is_some_and(|rest| rest.starts_with(['>', ' ', '/']))
        })
    });
    *item = lines.collect();
}

/// The same item under another id and link.
fn renumber(item: &str, round: usize) -> String {
    let mut text = item.to_owned();
    for end in ["</guid>", "</id>", "</link>"] {
        text = text.replacen(end, &format!("-{round}{end}"), 1);
    }
    text.replacen("\"/>", &format!("-{round}\"/>"), 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fault::{Kind, Settings};

    const RSS: &str = "<rss>\n<item>\n<guid isPermaLink=\"false\">g</guid>\n<link>l</link>\n<title>t</title>\n<pubDate>Mon, 02 Mar 2026 00:00:00 GMT</pubDate>\n</item>\n</rss>\n";
    const ATOM: &str = "<feed>\n<id>f</id>\n<entry>\n<id>g</id>\n<link rel=\"alternate\" href=\"l\"/>\n<title>t</title>\n<published>2026-03-02T00:00:00Z</published>\n<updated>2026-03-02T00:00:00Z</updated>\n</entry>\n</feed>\n";

    fn spoiled(kind: Oddity, settings: Settings, feed: &str) -> String {
        let mut answer = Answer::text(200, "application/xml", feed);
        spoil(kind, &HttpFault { kind: Kind::Feed(kind), settings, draw: 4 }, &mut answer);
        String::from_utf8(answer.body).unwrap()
    }

    #[test]
    fn each_oddity_is_as_it_says() {
        for (kind, rss, atom) in [
            (Oddity::ZoneLess, "2026 00:00:00<", "02T00:00:00<"),
            (Oddity::OddZone, "02 Mar 2026 05:30:00 IST", "05:30:00 IST"),
            (Oddity::FutureDate, "01 Mar 2029 00:00:00 GMT", "2029-03-01T00:00:00Z"),
            (Oddity::NoGuid, "<item>\n<link>", "<entry>\n<link"),
            (Oddity::NoGuidNoLink, "<item>\n<title>", "<entry>\n<title>"),
            (Oddity::BareAmpersand, "R&D & more", "R&D & more"),
        ] {
            for (feed, expected) in [(RSS, rss), (ATOM, atom)] {
                let text = spoiled(kind, Settings::default(), feed);
                assert!(text.contains(expected), "{kind:?}: {text}");
            }
        }
        assert!(spoiled(Oddity::NoGuid, Settings::default(), ATOM).starts_with("<feed>\n<id>f</id>"));
        assert!(!spoiled(Oddity::TruncatedXml, Settings::default(), RSS).contains("</item>"));
    }

    #[test]
    fn a_big_feed_repeats_or_renumbers_its_items() {
        let settings = Settings { items: Some(5), ..Settings::default() };
        assert_eq!(spoiled(Oddity::BigFeed, settings.clone(), RSS).matches(">g</guid>").count(), 5);
        let settings = Settings { distinct: true, ..settings };
        let text = spoiled(Oddity::BigFeed, settings.clone(), RSS);
        assert!(text.contains(">g-4</guid>") && text.contains("<link>l-4</link>"), "{text}");
        assert!(spoiled(Oddity::BigFeed, settings, ATOM).contains("href=\"l-4\"/>"));
    }
}
