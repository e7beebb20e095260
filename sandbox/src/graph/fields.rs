//! The field language: `id,message,reactions.summary(true).limit(0),media.limit(50){id,caption}`.

use super::failure::Failure;

/// So deep may fields nest.
const DEEPEST: u32 = 6;

/// A field that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub name: String,
    /// `.limit(50)` and the like, in their order.
    pub modifiers: Vec<(String, String)>,
    /// The fields of what it leads to.
    pub fields: Vec<Field>,
}

impl Field {
    /// The argument of a modifier.
    pub(crate) fn modifier(&self, name: &str) -> Option<&str> {
        self.modifiers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads `fields=`, and refuses those that the node has not. Without a wish the node's default fields are asked for.
///
/// # Errors
/// When the text is no list of fields, or names one that is not known.
pub(crate) fn asked(
    text: Option<&str>,
    known: &[&str],
    default: &[&str],
    node: &str,
) -> Result<Vec<Field>, Failure> {
    let fields = match text {
        Some(text) => parse(text)?,
        None => default
            .iter()
            .map(|name| Field { name: (*name).to_owned(), modifiers: Vec::new(), fields: Vec::new() })
            .collect(),
    };
    check(&fields, known, node)?;
    Ok(fields)
}

/// Refuses fields that the node has not.
///
/// # Errors
/// When a name is not known.
pub(crate) fn check(fields: &[Field], known: &[&str], node: &str) -> Result<(), Failure> {
    match fields.iter().find(|field| !known.contains(&field.name.as_str())) {
        Some(field) => Err(Failure::field(&field.name, node)),
        None => Ok(()),
    }
}

/// Reads a list of fields.
///
/// # Errors
/// When the text is no such list.
pub(crate) fn parse(text: &str) -> Result<Vec<Field>, Failure> {
    let mut reader = Reader { text, at: 0 };
    let fields = reader.list(0)?;
    if reader.at < text.len() { Err(reader.wrong("end of string")) } else { Ok(fields) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn list(&mut self, depth: u32) -> Result<Vec<Field>, Failure> {
        if depth > DEEPEST {
            return Err(self.wrong("less nesting"));
        }
        let mut fields = Vec::new();
        loop {
            fields.push(self.field(depth)?);
            if !self.eat(',') {
                return Ok(fields);
            }
        }
    }

    fn field(&mut self, depth: u32) -> Result<Field, Failure> {
        let mut field = Field { name: self.name()?, modifiers: Vec::new(), fields: Vec::new() };
        while self.eat('.') {
            let name = self.name()?;
            if !self.eat('(') {
                return Err(self.wrong("("));
            }
            let Some(length) = self.text[self.at..].find(')') else { return Err(self.wrong(")")) };
            field.modifiers.push((name, self.text[self.at..self.at + length].trim().to_owned()));
            self.at += length + 1;
        }
        if self.eat('{') {
            field.fields = self.list(depth + 1)?;
            if !self.eat('}') {
                return Err(self.wrong("}"));
            }
        }
        Ok(field)
    }

    fn name(&mut self) -> Result<String, Failure> {
        self.skip_spaces();
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if length == 0 {
            return Err(self.wrong("a field"));
        }
        self.at += length;
        Ok(rest[..length].to_owned())
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.skip_spaces();
        let found = self.text[self.at..].starts_with(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.text[self.at..].trim_start().len();
    }

    fn wrong(&self, wanted: &str) -> Failure {
        Failure::new(
            400,
            2500,
            format!("Syntax error \"Expected {wanted}\" at character {}: {}", self.at, self.text),
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_names_modifiers_and_nested_fields() {
        let fields =
            parse("id, reactions.summary(true).limit(0),a.username(b.c){media.after(x){id,caption}}")
                .unwrap();
        assert_eq!(fields.len(), 3);
        assert_eq!((fields[1].modifier("limit"), fields[1].modifier("summary")), (Some("0"), Some("true")));
        assert_eq!(fields[2].modifier("username"), Some("b.c"));
        assert_eq!(fields[2].fields[0].fields[1].name, "caption");
        for wrong in ["", "id,", "a{b", "a.limit", "a.limit(", "a}", "a b", "{a}"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[a-z.(){}, é]{0,60}") {
            let _ = parse(&text);
        }
    }
}
