//! The OpenAPI 3.1 document, made from the operations and from the types that are serialised.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::key::Scope;
use super::operation::{ALL, Answer, Operation, Parameter, Takes};
use super::problem::Problem;
use super::rows::PublicationV1;
use crate::export::Format;

/// The version of the document; the path says the version of the interface.
const VERSION: &str = "1.0.0";

static DOCUMENT: LazyLock<Value> = LazyLock::new(build);
static BYTES: LazyLock<Bytes> =
    LazyLock::new(|| Bytes::from(serde_json::to_vec_pretty(&*DOCUMENT).unwrap_or_default()));

/// The document.
pub fn openapi() -> &'static Value {
    &DOCUMENT
}

/// `GET /api/v1/openapi.json`
pub async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(BYTES.clone())
}

fn build() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = Problem::json_schema_ref(&mut generator);
    let _ = PublicationV1::json_schema_ref(&mut generator);
    let mut paths = Map::new();
    for operation in ALL {
        paths.insert(
            operation.path.to_owned(),
            json!({ "get": described(operation, &problem, &mut generator) }),
        );
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Quarterday",
            "version": VERSION,
            "summary": "Market intelligence four times a day: the published values for programs.",
            "description": "Values are published by slot, every six hours. Every answer says on which slot it rests. \
                Calls are counted by day (UTC); the headers RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset \
                say what is left. Nothing here is advice.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "key": {
                "type": "http", "scheme": "bearer",
                "description": "A key of /account/keys, which starts with qd_.",
            } },
            "schemas": schemas,
        },
    })
}

/// A reference to a type's schema.
trait Referred: JsonSchema {
    fn json_schema_ref(generator: &mut SchemaGenerator) -> Value {
        generator.subschema_for::<Self>().to_value()
    }
}
impl<T: JsonSchema> Referred for T {}

fn described(operation: &Operation, problem: &Value, generator: &mut SchemaGenerator) -> Value {
    let parameters: Vec<Value> = operation.parameters.iter().map(parameter).collect();
    let content = match &operation.answer {
        Answer::Rows(schema) => {
            let mut content = Map::new();
            content.insert("application/json".to_owned(), json!({ "schema": schema(generator) }));
            content.insert("text/csv".to_owned(), json!({ "schema": { "type": "string" } }));
            content.insert(
                Format::Parquet.media_type().to_owned(),
                json!({ "schema": { "type": "string", "format": "binary" } }),
            );
            Value::Object(content)
        }
        Answer::One(schema) => json!({ "application/json": { "schema": schema(generator) } }),
        Answer::Stream => json!({ "text/event-stream": { "schema": { "type": "string" } } }),
    };
    let refused = |description: &str| json!({ "description": description, "content": { "application/problem+json": { "schema": problem } } });
    let needs = operation.scope.map_or_else(
        || "Any key will do.".to_owned(),
        |scope: Scope| format!("The key needs the scope {}.", scope.as_str()),
    );
    let number = |description: &str| json!({ "description": description, "schema": { "type": "integer" } });
    let mut responses = json!({
        "200": {
            "description": operation.summary,
            "headers": {
                "RateLimit-Limit": number("Calls a day."),
                "RateLimit-Remaining": number("Calls left today."),
                "RateLimit-Reset": number("Seconds until the day ends."),
            },
            "content": content,
        },
        "400": refused("A parameter or the cursor cannot be understood."),
        "401": refused("No key was shown, or it is not known, expired or revoked."),
        "403": refused("The tier or the key does not include this."),
        "404": refused("There is no such asset or slot."),
        "429": refused("The day's calls are used up; Retry-After says when they begin anew."),
        "500": refused("Our fault."),
        "503": refused("A service is away; try again."),
    });
    if !matches!(operation.answer, Answer::Stream) {
        responses["304"] = json!({ "description": "What If-None-Match names is still what there is." });
    }
    json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": needs,
        "parameters": parameters,
        "responses": responses,
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = match parameter.takes {
        Takes::Text(most) => json!({ "type": "string", "minLength": 1, "maxLength": most }),
        Takes::Day => json!({ "type": "string", "format": "date" }),
        Takes::Slot => {
            json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T(00|06|12|18)Z$" })
        }
        Takes::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Takes::Word(words) => json!({ "type": "string", "enum": words }),
    };
    let mut described = json!({
        "name": parameter.name,
        "in": if parameter.in_path { "path" } else { "query" },
        "required": parameter.in_path,
        "description": parameter.says,
        "schema": schema,
    });
    if !parameter.example.is_empty() {
        described["example"] = match parameter.takes {
            Takes::Integer(..) => json!(parameter.example.parse::<i64>().unwrap_or_default()),
            _ => json!(parameter.example),
        };
    }
    described
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::api::rows::{
        AssetV1, BarV1, DocumentV1, ForecastV1, IndicatorV1, OutcomeV1, RiskV1, Row, UsageV1,
    };

    fn columns<R: Row>(name: &str) {
        let properties = openapi()["components"]["schemas"][name]["properties"].as_object().unwrap();
        let mut listed: Vec<&str> = R::COLUMNS.iter().map(|(column, _)| *column).collect();
        listed.sort_unstable();
        let mut described: Vec<&str> = properties.keys().map(String::as_str).collect();
        described.sort_unstable();
        assert_eq!(listed, described, "{name}");
    }

    #[test]
    fn files_hold_what_the_schemas_promise() {
        columns::<AssetV1>("Asset");
        columns::<BarV1>("Bar");
        columns::<DocumentV1>("Document");
        columns::<ForecastV1>("Forecast");
        columns::<IndicatorV1>("Indicator");
        columns::<OutcomeV1>("Outcome");
        columns::<RiskV1>("Risk");
        columns::<UsageV1>("Usage");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(object) => {
                    for (name, inner) in object {
                        match inner.as_str().filter(|_| name == "$ref") {
                            Some(target) => found.push(target.to_owned()),
                            None => walk(inner, found),
                        }
                    }
                }
                Value::Array(list) => list.iter().for_each(|inner| walk(inner, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        walk(openapi(), &mut found);
        assert!(found.len() > 20);
        for target in found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(openapi().pointer(pointer).is_some(), "{target}");
        }
    }
}
