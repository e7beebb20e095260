//! The declarations: which method of Stripe's package belongs to which path, and what the compiler says of a request.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use regex::Regex;

use super::{Asked, form};

/// The types with which requests are judged.
const SHAPE: &str = include_str!("../../stripe/shape.ts");

/// One method of Stripe's package.
#[derive(Debug)]
struct Method {
    verb: String,
    /// The path's parts; `None` stands for an id.
    parts: Vec<Option<String>>,
    /// The file with its declaration, the class, the method.
    place: (PathBuf, String, String),
}

impl Method {
    fn ids(&self) -> usize {
        self.parts.iter().filter(|part| part.is_none()).count()
    }

    fn fits(&self, verb: &str, path: &str) -> bool {
        let asked: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let fits = |(part, asked): (&Option<String>, &&str)| match part {
            Some(part) => part == asked,
            None => !asked.is_empty(),
        };
        verb == self.verb && asked.len() == self.parts.len() && self.parts.iter().zip(&asked).all(fits)
    }
}

/// What Stripe publishes.
#[derive(Debug)]
pub struct Declarations {
    /// Where npm has put the packages.
    modules: PathBuf,
    methods: Vec<Method>,
    version: String,
}

/// Those of this process, brought by npm where they are not there yet; `None`, said loudly, where they cannot be had.
pub fn shared() -> Option<&'static Declarations> {
    static SHARED: OnceLock<Option<Declarations>> = OnceLock::new();
    let load = || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stripe");
        let loaded = install(&folder).and_then(|()| Declarations::read(&folder.join("node_modules")));
        let said = |why: &String| {
            crate::skipped(&format!("requests are not checked against Stripe's declarations: {why}"));
        };
        loaded.inspect_err(said).ok()
    };
    SHARED.get_or_init(load).as_ref()
}

/// Installs what the lock file names, once for all processes.
fn install(folder: &Path) -> Result<(), String> {
    let failed = |what: &str, error: std::io::Error| format!("{what}: {error}");
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).map_err(|error| failed("package-lock.json", error))?;
    let modules = folder.join("node_modules");
    fs::create_dir_all(&modules).map_err(|error| failed("node_modules", error))?;
    // npm empties node_modules; what it must not touch lies beside it.
    let turn = File::open(&lock).map_err(|error| failed("package-lock.json", error))?;
    turn.lock().map_err(|error| failed("package-lock.json", error))?;
    let stamp = modules.join(".stamp");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let output = Command::new("npm").args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| failed("npm cannot be started", error))?;
    if !output.status.success() {
        return Err(format!("npm ci failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    fs::write(&stamp, wanted).map_err(|error| failed("node_modules/.stamp", error))
}

impl Declarations {
    /// Reads the paths from Stripe's package.
    fn read(modules: &Path) -> Result<Self, String> {
        let package = modules.join("stripe/esm");
        let read = |path: &Path| fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()));
        let text = read(&package.join("apiVersion.js"))?;
        let version = text.split('\'').nth(1).ok_or("apiVersion.js names no version")?.to_owned();
        let patterns = (
            Regex::new(r"(?m)^export class (\w+) extends StripeResource"),
            Regex::new(
                r"(?m)^    (\w+)\([^)]*\) \{\n\s*return this\._makeRequest\(\s*'(\w+)',\s*['`]/(v1/[^'`]*)['`]",
            ),
        );
        let (Ok(class), Ok(call)) = patterns else { return Err("a pattern is malformed".to_owned()) };
        let mut methods = Vec::new();
        for path in scripts(&package.join("resources")).map_err(|error| error.to_string())? {
            let text = read(&path)?;
            let Some(class) = class.captures(&text) else { continue };
            for found in call.captures_iter(&text) {
                let parts = found[3].split('/');
                let parts = parts.map(|part| (!part.starts_with("${")).then(|| part.to_owned())).collect();
                let place = (path.clone(), class[1].to_owned(), found[1].to_owned());
                methods.push(Method { verb: found[2].to_owned(), parts, place });
            }
        }
        Ok(Self { modules: modules.to_owned(), methods, version })
    }

    /// What does not fit, a message each.
    ///
    /// # Panics
    /// The compiler cannot be started, or there is no place for a temporary file.
    pub fn misfits(&self, asked: &[Asked]) -> Vec<String> {
        let (mut wrong, mut lines) = (BTreeSet::new(), BTreeMap::new());
        for one in asked {
            match self.lines(one) {
                Ok(found) => lines.extend(found),
                Err(message) => {
                    wrong.insert(message);
                }
            }
        }
        let (lines, shown): (Vec<String>, Vec<String>) = lines.into_iter().unzip();
        let mut wrong: Vec<String> = wrong.into_iter().collect();
        if !lines.is_empty() {
            wrong.extend(self.compile(&lines, &shown));
        }
        wrong
    }

    /// A request and its answer as lines of TypeScript, each with what it is called.
    fn lines(&self, asked: &Asked) -> Result<Vec<(String, String)>, String> {
        let shown = format!("{} {}", asked.method, asked.path);
        let fitting = self.methods.iter().filter(|method| method.fits(&asked.method, &asked.path));
        // A path without a place for an id goes before one with it.
        let method = fitting.min_by_key(|method| method.ids());
        let method = method.ok_or_else(|| format!("{shown}: there is no such path"))?;
        if asked.version != self.version {
            return Err(format!("{shown}: asks for version {:?}, not {:?}", asked.version, self.version));
        }
        let object = form::object(&asked.pairs).map_err(|error| format!("{shown}: {error}"))?;
        let (file, class, name) = &method.place;
        let kind = format!("import({:?}).{class}['{name}']", file.display().to_string());
        let mut lines = Vec::new();
        if let Some(answer) = &asked.answer {
            lines.push((format!("Answered<{kind}> = {answer};"), format!("the answer to {shown}")));
        }
        lines.push((format!("Asked<{kind}, {}> = {object};", method.ids()), shown));
        Ok(lines)
    }

    /// What the compiler says of these lines.
    fn compile(&self, lines: &[String], shown: &[String]) -> Vec<String> {
        let folder = std::env::temp_dir().join(format!("quarterday-stripe-{}", uuid::Uuid::new_v4()));
        let file = folder.join("asked.ts");
        let mut text = String::new();
        for (n, line) in lines.iter().enumerate() {
            text.push_str(&format!("export const asked{n}: {line}\n"));
        }
        text.push_str(SHAPE);
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&file, text));
        assert!(written.is_ok(), "{}: {written:?}", file.display());
        let output = Command::new("node")
            .arg(self.modules.join("typescript/bin/tsc"))
            .args(["--noEmit", "--strict", "--skipLibCheck", "--pretty", "false", "--ignoreConfig"])
            .args(["--target", "esnext", "--module", "nodenext"])
            .arg("asked.ts")
            .current_dir(&folder)
            .output();
        // What is left behind in the folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&folder);
        let output = match output {
            Ok(output) => output,
            Err(error) => return vec![format!("node cannot be started: {error}")],
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut wrong = Vec::new();
        for line in said.lines() {
            let place = line.strip_prefix("asked.ts(").and_then(|rest| rest.split_once(','));
            let shown = place.and_then(|(n, _)| shown.get(n.parse::<usize>().ok()?.checked_sub(1)?));
            match (shown, line.split_once(": ")) {
                (Some(shown), Some((_, message))) => wrong.push(format!("{shown}: {message}")),
                _ => wrong.push(line.to_owned()),
            }
        }
        if wrong.is_empty() && !output.status.success() {
            wrong.push(format!("the compiler failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        wrong
    }
}

/// The scripts below a folder, sorted.
fn scripts(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(scripts(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "js") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
