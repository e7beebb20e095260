//! Parameters as the provider takes them: `a[b][0][c]=d` in a form or a query. Every parameter must be taken by somebody: one that is
//! left over is refused, so that nothing is silently ignored.

use std::collections::BTreeMap;

use super::refusal::Refusal;
use super::row::Metadata;

/// The longest text that is taken.
const LONGEST: usize = 5000;
/// The most metadata an object may have.
const MOST_METADATA: usize = 50;

/// Parameters that nobody has taken yet.
#[derive(Debug, Clone, Default)]
pub struct Params {
    /// What the names are shown with in messages, for example `items[0]`.
    prefix: String,
    left: BTreeMap<String, String>,
}

impl Params {
    /// Reads a form or a query.
    pub fn parse(text: &[u8]) -> Self {
        let mut left = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(text) {
            left.insert(numbered(&left, &name), value.into_owned());
        }
        Self { prefix: String::new(), left }
    }

    /// All of them as text, the same for the same parameters in any order.
    pub fn fingerprint(&self) -> String {
        self.left.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    /// How a parameter is called in messages.
    pub fn name(&self, key: &str) -> String {
        match self.prefix.as_str() {
            "" => key.to_owned(),
            prefix => match key.split_once('[') {
                Some((first, rest)) => format!("{prefix}[{first}][{rest}"),
                None => format!("{prefix}[{key}]"),
            },
        }
    }

    /// A parameter as it was sent; empty texts, too.
    pub fn take(&mut self, key: &str) -> Option<String> {
        self.left.remove(key)
    }

    /// A text; an empty one counts as none.
    ///
    /// # Errors
    /// It is too long.
    pub fn text(&mut self, key: &str) -> Result<Option<String>, Refusal> {
        let Some(value) = self.take(key).filter(|value| !value.is_empty()) else { return Ok(None) };
        if value.chars().count() > LONGEST {
            let message = format!("Invalid string: {key}; must be at most {LONGEST} characters");
            return Err(Refusal::parameter(&self.name(key), message));
        }
        Ok(Some(value))
    }

    /// A text that may be taken away with an empty one: `None`: not named, `Some(None)`: taken away.
    ///
    /// # Errors
    /// It is too long.
    pub fn clearable(&mut self, key: &str) -> Result<Option<Option<String>>, Refusal> {
        if self.left.contains_key(key) { self.text(key).map(Some) } else { Ok(None) }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// It is not, or it is too long.
    pub fn required(&mut self, key: &str) -> Result<String, Refusal> {
        self.text(key)?.ok_or_else(|| Refusal::required(&self.name(key)))
    }

    /// One of the provider's names.
    ///
    /// # Errors
    /// It is none of them.
    pub fn one_of<T>(&mut self, key: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
        let Some(value) = self.text(key)? else { return Ok(None) };
        let message =
            format!("Invalid {}: {value} is not one of the values that the sandbox knows.", self.name(key));
        parse(&value).map(Some).ok_or_else(|| Refusal::parameter(&self.name(key), message))
    }

    /// A whole number.
    ///
    /// # Errors
    /// It is none.
    pub fn int(&mut self, key: &str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.text(key)? else { return Ok(None) };
        value.parse().map(Some).map_err(|_| {
            let code = Some("parameter_invalid_integer");
            Refusal { code, ..Refusal::parameter(&self.name(key), format!("Invalid integer: {value}")) }
        })
    }

    /// A number.
    ///
    /// # Errors
    /// It is none.
    pub fn decimal(&mut self, key: &str) -> Result<Option<f64>, Refusal> {
        let Some(value) = self.text(key)? else { return Ok(None) };
        let parsed = value.parse::<f64>().ok().filter(|number| number.is_finite());
        let refused = || Refusal::parameter(&self.name(key), format!("Invalid decimal: {value}"));
        parsed.map(Some).ok_or_else(refused)
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// It is neither.
    pub fn flag(&mut self, key: &str) -> Result<Option<bool>, Refusal> {
        match self.text(key)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(Refusal::parameter(&self.name(key), format!("Invalid boolean: {other}"))),
        }
    }

    /// An instant, in seconds; `now` counts as `now`.
    ///
    /// # Errors
    /// It is none.
    pub fn instant(&mut self, key: &str, now: i64) -> Result<Option<i64>, Refusal> {
        if self.left.get(key).is_some_and(|value| value == "now") {
            self.left.remove(key);
            return Ok(Some(now));
        }
        let found = self.int(key)?;
        if found.is_some_and(|at| !(0..=32_503_680_000).contains(&at)) {
            return Err(Refusal::parameter(
                &self.name(key),
                "Invalid timestamp: must be an integer Unix timestamp.",
            ));
        }
        Ok(found)
    }

    /// The parameters below a name; `None`: there are none.
    pub fn child(&mut self, key: &str) -> Option<Self> {
        let start = format!("{key}[");
        let names: Vec<String> = self.left.keys().filter(|name| name.starts_with(&start)).cloned().collect();
        let mut left = BTreeMap::new();
        for name in names {
            let inner = name[start.len()..].replacen(']', "", 1);
            if let Some(value) = self.left.remove(&name) {
                left.insert(inner, value);
            }
        }
        (!left.is_empty()).then(|| Self { prefix: self.name(key), left })
    }

    /// The parameters below each number of a list, in their order.
    pub fn list(&mut self, key: &str) -> Vec<Self> {
        let Some(mut all) = self.child(key) else { return Vec::new() };
        let mut numbers: Vec<u32> =
            all.left.keys().filter_map(|name| name.split('[').next()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let items = numbers.into_iter().filter_map(|number| all.child(&number.to_string())).collect();
        // What has no number is left, so that it is refused.
        self.left.extend(all.left.into_iter().map(|(name, value)| (format!("{key}[{name}]"), value)));
        items
    }

    /// The texts of a list, in their order.
    pub fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(all) = self.child(key) else { return Vec::new() };
        let mut numbered: Vec<(u32, String)> =
            all.left.into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value))).collect();
        numbered.sort();
        numbered.into_iter().map(|(_, value)| value).collect()
    }

    /// Merges `metadata` into what an object has: an empty text takes a key away, an empty `metadata` all of them.
    ///
    /// # Errors
    /// There would be too much of it.
    pub fn metadata(&mut self, key: &str, has: &mut Metadata) -> Result<(), Refusal> {
        if self.take(key).is_some_and(|all| all.is_empty()) {
            has.clear();
        }
        let Some(named) = self.child(key) else { return Ok(()) };
        for (name, value) in named.left {
            if value.is_empty() {
                has.remove(&name);
                continue;
            }
            if name.chars().count() > 40 || value.chars().count() > 500 {
                let message = "Metadata keys can have up to 40 characters and values up to 500 characters.";
                return Err(Refusal::parameter(key, message));
            }
            has.insert(name, value);
        }
        if has.len() > MOST_METADATA {
            return Err(Refusal::parameter(key, format!("Metadata can have up to {MOST_METADATA} keys.")));
        }
        Ok(())
    }

    /// Says that everything has been taken.
    ///
    /// # Errors
    /// Something is left; it is named.
    pub fn finish(&self) -> Result<(), Refusal> {
        let Some(name) = self.left.keys().next() else { return Ok(()) };
        let name = self.name(name);
        let message =
            format!("Received unknown parameter: {name} (this sandbox knows only what Quarterday uses)");
        Err(Refusal { code: Some("parameter_unknown"), ..Refusal::parameter(&name, message) })
    }
}

/// `a[]` becomes `a[0]`, `a[1]`, and so on.
fn numbered(known: &BTreeMap<String, String>, name: &str) -> String {
    let Some(start) = name.strip_suffix("[]") else { return name.to_owned() };
    let place = (0..).map(|place| format!("{start}[{place}]")).find(|name| !known.contains_key(name));
    place.unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn brackets_make_trees() {
        let text =
            b"items[1][price]=b&items[0][price]=a&items[0][metadata][k]=v&expand[]=x&expand[]=y.z&n=5&empty=";
        let mut params = Params::parse(text);
        assert_eq!(params.texts("expand"), ["x", "y.z"]);
        let mut items = params.list("items");
        assert_eq!(items.len(), 2);
        assert_eq!(items[1].required("price").unwrap(), "b");
        assert_eq!(items[1].required("quantity").unwrap_err().param.as_deref(), Some("items[1][quantity]"));
        let mut metadata = Metadata::new();
        items[0].metadata("metadata", &mut metadata).unwrap();
        assert_eq!(metadata["k"], "v");
        assert_eq!(params.int("n").unwrap(), Some(5));
        assert_eq!(params.clearable("empty").unwrap(), Some(None));
        params.finish().unwrap();
        assert_eq!(items[0].finish().unwrap_err().param.as_deref(), Some("items[0][price]"));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let mut params = Params::parse(b"n=x&b=1&at=-1&a[b]=c&list[x]=1");
        assert_eq!(params.int("n").unwrap_err().code, Some("parameter_invalid_integer"));
        assert!(params.flag("b").unwrap_err().message.contains("boolean"));
        assert!(params.instant("at", 0).is_err());
        assert!(params.list("list").is_empty());
        assert_eq!(params.finish().unwrap_err().code, Some("parameter_unknown"));
    }

    #[test]
    fn metadata_is_merged_and_taken_away() {
        let mut has: Metadata = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())].into();
        Params::parse(b"metadata[a]=&metadata[c]=3").metadata("metadata", &mut has).unwrap();
        assert_eq!(has.into_iter().collect::<Vec<_>>(), [("b".into(), "2".into()), ("c".into(), "3".into())]);
    }
}
