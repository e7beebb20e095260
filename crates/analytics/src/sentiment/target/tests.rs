use super::*;

fn about(text: &str, name: &str) -> Scored {
    let at = text.find(name).unwrap_or_else(|| panic!("{name} is not in {text}"));
    let others: Vec<Range<usize>> = Vec::new();
    score_about(text, None, &(at..at + name.len()), &others)
}

#[test]
fn x() {
    assert!(about("$A soars while $B collapses", "$A").score > 0.0);
}
