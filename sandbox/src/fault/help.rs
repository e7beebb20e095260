//! The format of a fault plan in words: for `sandbox serve --help` and for the documentation.

use std::sync::LazyLock;

use super::kind::{Entry, KINDS, Kind};

/// The whole format, with an example of each kind.
pub(crate) static PLAN: LazyLock<String> = LazyLock::new(|| format!("{HEAD}{}", kinds()));

/// So many characters has a line at most.
const WIDTH: usize = 110;

const HEAD: &str = r#"Fault plan (--faults FILE), JSON:

  {"seed": 7, "rules": [
    {"source": "x", "kind": "rate_limit", "retry_after_s": 1, "every": 5, "times": 3},
    {"source": "*", "kind": "server_error", "status": 503, "probability": 0.05}]}

Every rule has
  source       a source's name, or * for each for which the kind makes sense
  kind         what goes wrong, see below
and may have
  path         only requests whose path (below the source's name) fits; * stands for any characters. With a ? in it, path and query
  every        each n-th request of a source that the rule covers; default 1
  probability  instead of every: so likely, from 0 to 1
  seed         what probabilities are drawn from; default: the plan's seed, which is 0 unless stated
  times        strikes so often at most
  after        leaves so many requests of a source alone first
A request is struck by the first rule that strikes. The same plan and order of requests give the same faults. A rule that makes no
sense, or has a field that its kind does not take, is refused when the plan is read.
"#;

fn kinds() -> String {
    let mut text = String::new();
    let mut group = "";
    for entry in KINDS {
        if group_of(entry.kind) != group {
            group = group_of(entry.kind);
            text.push_str(&format!("\n{group}:\n"));
        }
        text.push_str(&format!("  {}{}\n", entry.name, fields(entry)));
        wrap(&mut text, entry.what);
        wrap(&mut text, &format!("for {}", entry.sources.join(", ")));
        text.push_str(&format!("      {}\n", entry.example));
    }
    text
}

/// Appends words in indented lines.
fn wrap(text: &mut String, words: &str) {
    let mut line = String::new();
    for word in words.split(' ') {
        if !line.is_empty() && line.len() + word.len() > WIDTH {
            text.push_str(&format!("     {line}\n"));
            line.clear();
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&format!("     {line}\n"));
}

fn fields(entry: &Entry) -> String {
    if entry.fields.is_empty() { String::new() } else { format!(" (takes {})", entry.fields.join(", ")) }
}

fn group_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Refusal(_) => "Limits, trouble, authentication",
        Kind::Paging(_) => "Pages",
        Kind::Content(_) => "Shape of records",
        Kind::Feed(_) => "Shape of feeds",
        Kind::Text(_) => "Text (of one record of a page; its id stays)",
        Kind::Transport(_) => "Transport",
        Kind::Broker(_) => "Interactive Brokers",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_holds_the_same_words() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/sandbox.md");
        let documentation = std::fs::read_to_string(file).unwrap();
        assert!(
            documentation.contains(PLAN.trim_end()),
            "docs/sandbox.md: put the end of `sandbox serve --help` in place of the plan's format"
        );
    }
}
