//! `/api`: the document as a page, rendered here; nothing is loaded from elsewhere.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::Value;

use super::openapi::openapi;
use super::problem::CODES;
use super::spanish::said;
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, fill, text};

/// An endpoint on the page.
#[derive(Debug, Serialize)]
struct Endpoint {
    id: String,
    path: String,
    summary: String,
    needs: String,
    parameters: Vec<Taken>,
    schema: Option<String>,
    formats: Vec<String>,
    example: String,
}

/// A parameter on the page.
#[derive(Debug, Serialize)]
struct Taken {
    name: String,
    place: &'static str,
    says: String,
    accepts: String,
    example: String,
}

/// A shape on the page.
#[derive(Debug, Serialize)]
struct Shape {
    name: String,
    says: String,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
struct Field {
    name: String,
    kind: String,
    says: String,
}

/// A code on the page.
#[derive(Debug, Serialize)]
struct Code {
    code: &'static str,
    status: u16,
    title: String,
}

/// `GET /api`
///
/// # Errors
/// Postgres fails.
pub async fn page(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let document = openapi();
    let mut context = page::context(&reader, &edition, text(lang, "api_title"));
    let base = reader.app.settings.public_url.as_str().trim_end_matches('/').to_owned();
    let endpoints: Vec<Endpoint> = entries(&document["paths"])
        .filter_map(|(path, item)| endpoint(path, item.get("get")?, &base, lang))
        .collect();
    let shapes: Vec<Shape> =
        entries(&document["components"]["schemas"]).map(|(n, s)| shape(n, s, lang)).collect();
    let codes: Vec<Code> = CODES
        .into_iter()
        .map(|(code, status, title)| Code { code, status, title: said(title, lang) })
        .collect();
    let quotas: Vec<String> = edition
        .tiers
        .iter()
        .filter(|tier| tier.api_calls > 0)
        .map(|tier| {
            let count = format::count(i64::from(tier.api_calls), lang);
            fill(
                lang,
                "api_quota",
                &[("tier", tier.tier.as_str()), ("count", &count), ("exports", &tier.exports.join(", "))],
            )
        })
        .collect();
    context.insert("endpoints", &endpoints);
    context.insert("shapes", &shapes);
    context.insert("codes", &codes);
    context.insert("quotas", &quotas);
    context.insert("base", &base);
    page::render(&reader.app, "api/reference.html", &context)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn owned(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A text of the document in the reader's language.
fn prose(value: &Value, lang: Lang) -> String {
    said(value.as_str().unwrap_or_default(), lang)
}

fn endpoint(path: &str, operation: &Value, base: &str, lang: Lang) -> Option<Endpoint> {
    let taken: Vec<&Value> = operation["parameters"].as_array()?.iter().collect();
    let mut url = path.to_owned();
    for parameter in taken.iter().filter(|p| p["in"] == "path") {
        url = url.replace(&format!("{{{}}}", owned(&parameter["name"])), &owned(&parameter["example"]));
    }
    let content = operation["responses"]["200"]["content"].as_object()?;
    let schema = content.get("application/json").and_then(|json| json["schema"]["$ref"].as_str());
    Some(Endpoint {
        id: owned(&operation["operationId"]),
        path: path.to_owned(),
        summary: prose(&operation["summary"], lang),
        needs: prose(&operation["description"], lang),
        parameters: taken.into_iter().map(|taken| parameter(taken, lang)).collect(),
        schema: schema.map(last_part),
        formats: content.keys().cloned().collect(),
        example: format!("curl -H \"Authorization: Bearer $QUARTERDAY_KEY\" {base}{url}"),
    })
}

fn last_part(reference: &str) -> String {
    reference.rsplit('/').next().unwrap_or_default().to_owned()
}

fn parameter(parameter: &Value, lang: Lang) -> Taken {
    let schema = &parameter["schema"];
    let words = schema["enum"]
        .as_array()
        .map(|words| words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "));
    let numbers = schema["minimum"].as_i64().zip(schema["maximum"].as_i64());
    let accepts = words.or(numbers.map(|(least, most)| format!("{least} – {most}")));
    Taken {
        name: owned(&parameter["name"]),
        place: text(lang, if parameter["in"] == "path" { "api_in_path" } else { "api_in_query" }),
        says: prose(&parameter["description"], lang),
        accepts: accepts
            .or(schema["format"].as_str().map(str::to_owned))
            .unwrap_or_else(|| owned(&schema["type"])),
        example: match &parameter["example"] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    }
}

fn shape(name: &str, schema: &Value, lang: Lang) -> Shape {
    let fields = entries(&schema["properties"]).map(|(name, field)| Field {
        name: name.clone(),
        kind: kind(field),
        says: prose(&field["description"], lang),
    });
    Shape { name: name.to_owned(), says: prose(&schema["description"], lang), fields: fields.collect() }
}

/// A field's type in a word or two.
fn kind(field: &Value) -> String {
    if let Some(reference) = field["$ref"].as_str() {
        return last_part(reference);
    }
    let base = match &field["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        _ => field["anyOf"]
            .as_array()
            .map(|kinds| kinds.iter().map(kind).collect::<Vec<_>>().join(" | "))
            .unwrap_or_else(|| "any".to_owned()),
    };
    match (&field["items"], field["format"].as_str()) {
        (items @ Value::Object(_), _) => format!("{base}<{}>", kind(items)),
        (_, Some(format)) if format.starts_with("date") => format!("{base}, {format}"),
        _ => base,
    }
}
