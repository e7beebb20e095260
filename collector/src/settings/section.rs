//! One section of the settings, read field by field, so that each mistake is named with its field.

use std::cell::RefCell;
use std::collections::BTreeSet;

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

/// Settings that cannot be used; names the field and what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// Not of the right form.
    #[error("the settings are not readable: {0}")]
    Form(String),
    /// A field that has to be there is missing.
    #[error("{0} is missing: set it, or {0}_env to the name of a variable that holds it")]
    Missing(String),
    /// A variable that a field names is not set.
    #[error("{field}_env names the variable {variable}, which is not set: set it")]
    Unset {
        /// The field without `_env`.
        field: String,
        /// The variable.
        variable: String,
    },
    /// A field that is there cannot be used.
    #[error("{field} is {value}: {advice}")]
    Malformed {
        /// The field.
        field: String,
        /// What it says.
        value: String,
        /// What it should say.
        advice: String,
    },
    /// A field that nobody knows.
    #[error("{field} is not a field that is known: {advice}")]
    Unknown {
        /// The field.
        field: String,
        /// What could be meant.
        advice: String,
    },
    /// A file that a field names cannot be read.
    #[error("{field}: {reason}")]
    File {
        /// The field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A section while it is read.
pub struct Section<'a> {
    name: String,
    fields: &'a Map<String, Value>,
    variable: &'a dyn Fn(&str) -> Option<String>,
    secrets: &'a RefCell<Vec<SecretString>>,
    known: RefCell<BTreeSet<String>>,
}

impl<'a> Section<'a> {
    pub(super) fn new(
        name: impl Into<String>,
        fields: &'a Map<String, Value>,
        variable: &'a dyn Fn(&str) -> Option<String>,
        secrets: &'a RefCell<Vec<SecretString>>,
    ) -> Self {
        Self { name: name.into(), fields, variable, secrets, known: RefCell::default() }
    }

    /// The tables of a list of tables, each as a section; none where the field is absent.
    ///
    /// # Errors
    /// Not a list of tables.
    pub fn tables(&self, field: &str) -> Result<Vec<Section<'a>>, SettingsError> {
        let Some(value) = self.value(field) else { return Ok(Vec::new()) };
        let advice = "write a list of tables";
        let rows = value.as_array().ok_or_else(|| self.malformed(field, value, advice))?;
        let tables = rows.iter().enumerate().map(|(index, row)| {
            let fields = row.as_object().ok_or_else(|| self.malformed(field, row, advice))?;
            Ok(Section::new(format!("{}.{field}[{index}]", self.name), fields, self.variable, self.secrets))
        });
        tables.collect()
    }

    /// A field of any type.
    ///
    /// # Errors
    /// It is there and has another type.
    pub fn get<T: DeserializeOwned>(&self, field: &str) -> Result<Option<T>, SettingsError> {
        let Some(value) = self.value(field) else { return Ok(None) };
        T::deserialize(value).map(Some).map_err(|e| self.malformed(field, value, &e.to_string()))
    }

    /// A list of texts, sorted, each once; `None` where the field is absent.
    ///
    /// # Errors
    /// It is there and is no list of texts.
    pub fn list(&self, field: &str) -> Result<Option<Vec<String>>, SettingsError> {
        let list: Option<Vec<String>> = self.get(field)?;
        Ok(list.map(|mut list| {
            list.iter_mut().for_each(|text| *text = text.trim().to_owned());
            list.retain(|text| !text.is_empty());
            list.sort();
            list.dedup();
            list
        }))
    }

    /// The address of a service, with a slash at its end, so that paths are joined below it.
    ///
    /// # Errors
    /// It is there and is no address.
    pub fn base_url(&self, field: &str, default: &str) -> Result<Url, SettingsError> {
        let text = self.get::<String>(field)?.unwrap_or_else(|| default.to_owned());
        self.address(field, &format!("{}/", text.trim_end_matches('/')))
    }

    /// Reads `text` as the address that `field` holds.
    ///
    /// # Errors
    /// It is no address of the web.
    pub fn address(&self, field: &str, text: &str) -> Result<Url, SettingsError> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
            _ => Err(self.wrong(field, text, "write an address that begins with http:// or https://")),
        }
    }

    /// A secret that has to be there, stated or by the variable that `<field>_env` names.
    ///
    /// # Errors
    /// Neither is there, or the variable is not set.
    pub fn secret(&self, field: &str) -> Result<SecretString, SettingsError> {
        self.secret_or_none(field)?.ok_or_else(|| SettingsError::Missing(self.path(field)))
    }

    /// The same for a secret that may be absent.
    ///
    /// # Errors
    /// The variable that `<field>_env` names is not set.
    pub fn secret_or_none(&self, field: &str) -> Result<Option<SecretString>, SettingsError> {
        let named = format!("{field}_env");
        let (stated, variable) = (self.get::<String>(field)?, self.get::<String>(&named)?);
        let value = match (stated, variable) {
            (Some(value), _) => value,
            (None, Some(variable)) => (self.variable)(&variable)
                .filter(|value| !value.is_empty())
                .ok_or_else(|| SettingsError::Unset { field: self.path(field), variable })?,
            (None, None) => return Ok(None),
        };
        let secret = SecretString::from(value.trim());
        self.secrets.borrow_mut().push(secret.clone());
        Ok(Some(secret))
    }

    /// An error about a value that is of the right type and cannot be used.
    pub fn wrong(&self, field: &str, value: &str, advice: impl Into<String>) -> SettingsError {
        SettingsError::Malformed {
            field: self.path(field),
            value: format!("{value:?}"),
            advice: advice.into(),
        }
    }

    /// Refuses fields that nobody asked for.
    ///
    /// # Errors
    /// There is one.
    pub fn finish(&self) -> Result<(), SettingsError> {
        let known = self.known.borrow();
        match self.fields.keys().find(|field| !known.contains(*field)) {
            None => Ok(()),
            Some(field) => {
                let names: Vec<&str> = known.iter().map(String::as_str).collect();
                let advice = format!("correct or remove it; known are {}", names.join(", "));
                Err(SettingsError::Unknown { field: self.path(field), advice })
            }
        }
    }

    /// The field's full name.
    pub fn path(&self, field: &str) -> String {
        if self.name.is_empty() { field.to_owned() } else { format!("{}.{field}", self.name) }
    }

    fn value(&self, field: &str) -> Option<&'a Value> {
        self.known.borrow_mut().insert(field.to_owned());
        self.fields.get(field).filter(|value| !value.is_null())
    }

    fn malformed(&self, field: &str, value: &Value, advice: &str) -> SettingsError {
        // A secret in a field of another type must not be repeated.
        let shown = match value {
            Value::String(_) => "a text".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "a table".to_owned(),
            other => other.to_string(),
        };
        SettingsError::Malformed { field: self.path(field), value: shown, advice: advice.to_owned() }
    }
}
