//! The pages' templates, embedded. What is put into them is escaped.

use tera::{Context, Tera};

// `TEMPLATES`: name and content of every template, written by the build.
include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// All templates, parsed.
pub struct Templates(Tera);

impl Templates {
    /// Parses them.
    ///
    /// # Errors
    /// One of them is broken; names it.
    pub fn load() -> Result<Self, tera::Error> {
        let mut tera = Tera::default();
        tera.add_raw_templates(TEMPLATES)?;
        Ok(Self(tera))
    }

    /// Fills in one template.
    ///
    /// # Errors
    /// It names something that the context does not hold.
    pub fn render(&self, name: &str, context: &Context) -> Result<String, tera::Error> {
        self.0.render(name, context)
    }
}

/// The text of every template, for the test that looks for missing texts.
#[cfg(test)]
pub(crate) fn sources() -> impl Iterator<Item = &'static str> {
    TEMPLATES.into_iter().map(|(_, text)| text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    #[test]
    fn all_templates_parse() {
        super::Templates::load().unwrap();
    }

    #[test]
    fn no_template_holds_inline_script_or_style() {
        for text in super::sources() {
            // Nothing but what `console::posts::markdown` has cleaned is put on a page as it is.
            let text = text.replace("sanitised | safe", "");
            for inline in ["style=", "<style", "onclick=", "javascript:", "<script>", "| safe"] {
                assert!(!text.contains(inline), "{inline} in {}", &text[..60.min(text.len())]);
            }
        }
    }
}
