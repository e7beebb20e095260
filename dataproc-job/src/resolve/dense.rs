//! Names in scripts without spaces, looked for as they stand.

use super::dictionary::Dictionary;

/// Tells `put` of each name in `text`: whose it is, its first byte and the one after it.
pub(crate) fn named(text: &str, dictionary: &Dictionary, mut put: impl FnMut(u32, usize, usize)) {
    for (at, character) in text.char_indices().filter(|(_, c)| !c.is_ascii()) {
        for (name, owner) in dictionary.dense.get(&character).into_iter().flatten() {
            let end = at + name.len();
            if text[at..].starts_with(&**name) && !is_within(text, at, end) {
                put(*owner, at, end);
            }
        }
    }
}

/// Whether what lies at `start..end`, in katakana, is only a part of a longer word: アップル in アップルパイ. A group is not.
fn is_within(text: &str, start: usize, end: usize) -> bool {
    const GOES_ON: [&str; 2] = ["グループ", "ジャパン"];
    let katakana = |c: Option<char>| c.is_some_and(|c| matches!(c, '\u{30a1}'..='\u{30fa}' | 'ー'));
    let (before, after) = (&text[..start], &text[end..]);
    let begins = katakana(text[start..].chars().next()) && katakana(before.chars().next_back());
    let goes = katakana(text[..end].chars().next_back()) && katakana(after.chars().next());
    begins || (goes && !GOES_ON.iter().any(|more| after.starts_with(more)))
}
