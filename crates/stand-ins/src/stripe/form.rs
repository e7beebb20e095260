//! A form's pairs as one object: `items[0][price]=p` is `{items: [{price: 'p'}]}`.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a name leads to.
#[derive(Debug)]
enum Node {
    Text(String),
    Inner(BTreeMap<String, Self>),
}

/// The object that a form describes; its leaves are texts.
///
/// # Errors
/// A name stands for a text and for an object, stands twice, or is not well-formed.
pub(super) fn object(pairs: &[(String, String)]) -> Result<Value, String> {
    let mut whole = BTreeMap::new();
    for (name, text) in pairs {
        let (first, rest) = name.split_once('[').map_or((name.as_str(), None), |(a, b)| (a, Some(b)));
        let mut parts = vec![first];
        if let Some(rest) = rest {
            let inner = rest.strip_suffix(']').ok_or_else(|| format!("{name}: a bracket is not closed"))?;
            parts.extend(inner.split("]["));
        }
        put(&mut whole, &parts, text).map_err(|()| format!("{name} contradicts another parameter"))?;
    }
    Ok(shown(Node::Inner(whole)))
}

fn put(within: &mut BTreeMap<String, Node>, parts: &[&str], text: &str) -> Result<(), ()> {
    let Some((first, rest)) = parts.split_first() else { return Err(()) };
    // `a[]` is the next of a list.
    let key = if first.is_empty() { within.len().to_string() } else { (*first).to_owned() };
    if rest.is_empty() {
        let before = within.insert(key, Node::Text(text.to_owned()));
        return if before.is_none() { Ok(()) } else { Err(()) };
    }
    match within.entry(key).or_insert_with(|| Node::Inner(BTreeMap::new())) {
        Node::Inner(inner) => put(inner, rest, text),
        Node::Text(_) => Err(()),
    }
}

fn shown(node: Node) -> Value {
    match node {
        Node::Text(text) => Value::String(text),
        Node::Inner(mut inner) => {
            let numbers = 0..inner.len();
            if !inner.is_empty() && numbers.clone().all(|n| inner.contains_key(&n.to_string())) {
                return numbers.filter_map(|n| inner.remove(&n.to_string())).map(shown).collect();
            }
            Value::Object(inner.into_iter().map(|(name, node)| (name, shown(node))).collect())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Value, String> {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        object(&pairs)
    }

    #[test]
    fn forms_are_objects() {
        let good = of(&[
            ("mode", "subscription"),
            ("expand[]", "a"),
            ("expand[]", "b"),
            ("items[0][price]", "p"),
            ("items[0][metadata][k]", "v"),
            ("items[1][price]", "q"),
        ]);
        let expected = json!({
            "mode": "subscription", "expand": ["a", "b"],
            "items": [{ "price": "p", "metadata": { "k": "v" } }, { "price": "q" }],
        });
        assert_eq!(good.unwrap(), expected);
        assert_eq!(of(&[]).unwrap(), json!({}));
        for bad in [
            &[("a", "1"), ("a", "2")][..],
            &[("a", "1"), ("a[b]", "2")],
            &[("a[b]", "1"), ("a", "2")],
            &[("a[b", "1")],
        ] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
    }
}
