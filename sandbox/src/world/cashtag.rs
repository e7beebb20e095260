//! Cashtags: `$TSLA`, `$brk.a`, `$BTC.X` after the start, a space or punctuation.

/// The cashtags of a text without their `$`, as written.
///
/// One to six letters, then possibly `.` or `_` and one or two letters, as X and StockTwits read them.
pub(crate) fn cashtags(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('$').filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '$' || c == '_') {
            return None;
        }
        let rest = &text[at + 1..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        if !(1..=6).contains(&letters) {
            return None;
        }
        let suffix = suffix_length(&rest[letters..]);
        let end = letters + suffix;
        let after = rest[end..].chars().next();
        (!after.is_some_and(|c| c.is_alphanumeric() || c == '_')).then_some(&rest[..end])
    })
}

/// The length of `.X` or `_WS` at the start, 0 when what follows is no such suffix.
fn suffix_length(rest: &str) -> usize {
    if !rest.starts_with(['.', '_']) {
        return 0;
    }
    let letters = rest[1..].bytes().take_while(u8::is_ascii_alphabetic).count();
    let closed = !rest[1 + letters..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    if (1..=2).contains(&letters) && closed { 1 + letters } else { 0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_what_a_reader_would_call_a_cashtag() {
        for (text, found) in [
            ("$TSLA up", vec!["TSLA"]),
            ("buy ($aapl), sell $C.", vec!["aapl", "C"]),
            ("$BRK.A and $BTC.X\n$eth", vec!["BRK.A", "BTC.X", "eth"]),
            ("L$D, $$$, $5, US$T, $TOOLONGX", vec![]),
            ("$AAPL.Great $AAPL-$MSFT", vec!["AAPL", "AAPL", "MSFT"]),
            ("¡$GE! “$KO” é$X", vec!["GE", "KO"]),
            ("$GE5 $A_B9", vec![]),
        ] {
            assert_eq!(cashtags(text).collect::<Vec<_>>(), found, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_in_form(text in "\\PC{0,80}") {
            for tag in cashtags(&text) {
                prop_assert!(tag.len() <= 9 && tag.as_bytes()[0].is_ascii_alphabetic());
            }
        }
    }
}
