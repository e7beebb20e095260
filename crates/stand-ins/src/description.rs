//! Google's published descriptions of its interfaces ("discovery documents"), and what in a request does not fit them.
//!
//! They come from the Python package google-api-python-client; `scripts/api-descriptions` fetches them. They are never committed.

mod schema;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;
use regex::Regex;
use serde_json::{Map, Value};

use crate::server::Request;

/// The documents that are read, as they are named in the package.
const DOCUMENTS: [&str; 4] = ["storage.v1", "compute.v1", "dataproc.v1", "secretmanager.v1"];

/// The methods of all four services.
#[derive(Debug)]
pub struct Descriptions {
    services: Vec<Service>,
}

#[derive(Debug)]
struct Service {
    methods: Vec<Method>,
    schemas: Map<String, Value>,
    /// Parameters that every method takes.
    common: Map<String, Value>,
}

#[derive(Debug)]
struct Method {
    id: String,
    verb: String,
    path: Regex,
    /// The names of the path's variables, in their order.
    variables: Vec<String>,
    parameters: Map<String, Value>,
    /// The name of the body's schema.
    body: Option<String>,
    upload: bool,
}

/// The descriptions, when they have been fetched: from the folder that `QUARTERDAY_API_DESCRIPTIONS` names, or else from
/// `target/api-descriptions` of the workspace.
pub fn find() -> Option<Descriptions> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let folder = std::env::var_os("QUARTERDAY_API_DESCRIPTIONS").filter(|folder| !folder.is_empty());
    let folder = folder.map_or_else(|| workspace.join("target/api-descriptions"), PathBuf::from);
    if !folder.is_dir() {
        return None;
    }
    read(&folder).inspect_err(|error| eprintln!("{error}")).ok()
}

/// Those that every stand-in of this process checks against, read once; a loud line when there are none.
pub(crate) fn shared() -> Option<&'static Descriptions> {
    static SHARED: OnceLock<Option<Descriptions>> = OnceLock::new();
    let read = || {
        let found = find();
        if found.is_none() {
            crate::skipped(
                "requests are not validated against Google's API descriptions: run scripts/api-descriptions",
            );
        }
        found
    };
    SHARED.get_or_init(read).as_ref()
}

fn read(folder: &Path) -> Result<Descriptions, String> {
    let mut services = Vec::new();
    for name in DOCUMENTS {
        let path = folder.join(format!("{name}.json"));
        let text = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let document =
            serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        services.push(Service::parse(&document).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    Ok(Descriptions { services })
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

impl Service {
    fn parse(document: &Value) -> Result<Self, regex::Error> {
        let base = format!("/{}", document["servicePath"].as_str().unwrap_or_default());
        let mut methods = Vec::new();
        let mut resources = vec![document];
        while let Some(resource) = resources.pop() {
            for method in resource["methods"].as_object().into_iter().flatten().map(|(_, method)| method) {
                let template =
                    method["flatPath"].as_str().or_else(|| method["path"].as_str()).unwrap_or_default();
                methods.push(Method::parse(method, &format!("{base}{template}"), false)?);
                if let Some(upload) = method["mediaUpload"]["protocols"]["simple"]["path"].as_str() {
                    methods.push(Method::parse(method, upload, true)?);
                }
            }
            resources.extend(
                resource["resources"].as_object().into_iter().flatten().map(|(_, resource)| resource),
            );
        }
        Ok(Self { methods, schemas: object(&document["schemas"]), common: object(&document["parameters"]) })
    }
}

impl Method {
    fn parse(method: &Value, template: &str, upload: bool) -> Result<Self, regex::Error> {
        let variable = Regex::new(r"\{\+?([A-Za-z0-9_]+)\}")?;
        let mut path = String::from("^");
        let mut end = 0;
        let mut variables = Vec::new();
        for found in variable.captures_iter(template) {
            let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
            path.push_str(&regex::escape(&template[end..whole.start()]));
            // A colon begins a verb, but only where Google writes verbs so; an object's name may hold one.
            path.push_str(if method["flatPath"].is_string() { "([^/:]+)" } else { "([^/]+)" });
            variables.push(name.as_str().to_owned());
            end = whole.end();
        }
        path.push_str(&regex::escape(&template[end..]));
        path.push('$');
        let text = |key: &str| method[key].as_str().unwrap_or_default().to_owned();
        let body = method["request"]["$ref"].as_str().map(str::to_owned);
        Ok(Self {
            id: text("id"),
            verb: text("httpMethod"),
            path: Regex::new(&path)?,
            variables,
            parameters: object(&method["parameters"]),
            body,
            upload,
        })
    }
}

impl Descriptions {
    /// What in this request Google's descriptions do not know. A signed address, the metadata service and the chunks of a resumable
    /// upload are outside these descriptions and fit always.
    pub fn violations(&self, request: &Request) -> Vec<String> {
        let path = request.path.as_str();
        let described = ["/storage/", "/upload/storage/", "/compute/v1/", "/v1/projects/"]
            .iter()
            .any(|prefix| path.starts_with(prefix));
        if !described || request.parameter("upload_id").is_some() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for service in &self.services {
            for method in service.methods.iter().filter(|method| method.verb == request.method) {
                if let Some(variables) = method.path.captures(path) {
                    service.check(method, &variables, request, &mut found);
                    return found
                        .into_iter()
                        .map(|what| format!("{} ({} {path}): {what}", method.id, request.method))
                        .collect();
                }
            }
        }
        vec![format!("no method of Google's is {} {path}", request.method)]
    }
}

impl Service {
    fn check(
        &self,
        method: &Method,
        variables: &regex::Captures<'_>,
        request: &Request,
        found: &mut Vec<String>,
    ) {
        for (name, value) in method.variables.iter().zip(variables.iter().skip(1).flatten()) {
            if let Some(parameter) = method.parameters.get(name) {
                let value = percent_decode_str(value.as_str()).decode_utf8_lossy();
                schema::check_parameter(parameter, name, &value, found);
            }
        }
        self.check_query(method, request, found);
        let body = if method.upload { metadata_part(request) } else { request.body.to_vec() };
        match (&method.body, body.as_slice()) {
            (_, b"") => {}
            (None, b"{}") => {}
            (None, _) => found.push("it has a body, but the method takes none".to_owned()),
            (Some(name), bytes) => match serde_json::from_slice::<Value>(bytes) {
                Err(error) => found.push(format!("the body is not JSON: {error}")),
                Ok(value) => schema::Checker { schemas: &self.schemas, method: &method.id, found }
                    .reference(name, "body", &value),
            },
        }
    }

    fn check_query(&self, method: &Method, request: &Request, found: &mut Vec<String>) {
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in &request.query {
            let of_path = |parameter: &&Value| parameter["location"] != "path";
            let known = method.parameters.get(name).filter(of_path).or_else(|| self.common.get(name));
            match (name.as_str(), known) {
                ("$apiVersion", _) => {}
                ("$alt", _) if matches!(value.as_str(), "json" | "json;enum-encoding=int") => {}
                // Google's clients send an optional request id that is not set as an empty one.
                ("requestId", Some(_)) if value.is_empty() => {}
                (_, None) => found.push(format!("unknown parameter {name}={value}")),
                (_, Some(parameter)) => {
                    if seen.contains(&name.as_str()) && parameter["repeated"] != true {
                        found.push(format!("the parameter {name} is repeated"));
                    }
                    schema::check_parameter(parameter, name, value, found);
                }
            }
            seen.push(name);
        }
        for (name, parameter) in &method.parameters {
            if parameter["required"] == true
                && parameter["location"] == "query"
                && !seen.contains(&name.as_str())
            {
                found.push(format!("the required parameter {name} is missing"));
            }
        }
    }
}

/// The JSON that describes the object of an upload.
fn metadata_part(request: &Request) -> Vec<u8> {
    match request.parameter("uploadType") {
        Some("resumable") => request.body.to_vec(),
        Some("multipart") => crate::storage::related::metadata_of(request).unwrap_or_default(),
        _ => Vec::new(),
    }
}
