//! The machines' startup script, run against a metadata service and a storage of its own, in a folder instead of `/`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use super::{read, root, skipped};

const TOKEN_PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
const ATTRIBUTES: &str = "/computeMetadata/v1/instance/attributes/";
const PROGRAM: &str = "#!/bin/sh\nexit 0\n";

/// Puts something wrong in its place.
type Spoil = fn(&Server);

/// Answers what it knows, 404 else, and keeps a list of what it was asked for.
struct Server {
    url: String,
    bodies: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bodies: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (known, noted) = (bodies.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let path =
                    lines.next().and_then(|l| l.split(' ').nth(1).map(str::to_owned)).unwrap_or_default();
                let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let allowed = if path.starts_with("/computeMetadata/") {
                    headers.iter().any(|h| h.eq_ignore_ascii_case("metadata-flavor: google"))
                } else {
                    headers.iter().any(|h| h.eq_ignore_ascii_case("authorization: bearer secret"))
                };
                let body = known.lock().unwrap().get(&path).cloned();
                let (status, body) = match body {
                    _ if !allowed => ("403 Forbidden", String::new()),
                    Some(body) => ("200 OK", body),
                    None => ("404 Not Found", String::new()),
                };
                noted.lock().unwrap().push(path);
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = (&stream).write_all((head + &body).as_bytes());
            }
        });
        Self { url, bodies, asked }
    }

    fn set(&self, path: &str, body: impl Into<String>) {
        self.bodies.lock().unwrap().insert(path.to_owned(), body.into());
    }

    fn attribute(&self, name: &str, value: impl Into<String>) {
        self.set(&format!("{ATTRIBUTES}quarterday-{name}"), value);
    }

    fn times(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }
}

/// A machine before its first boot: a root folder, and tools that only note what they were told.
struct Machine {
    folder: tempfile::TempDir,
    server: Server,
}

impl Machine {
    /// A collector with everything in its place.
    fn new() -> Self {
        let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
        let bin = folder.path().join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        // With the agent there, the script needs no package registry.
        std::fs::create_dir_all(folder.path().join("root/opt/google-cloud-ops-agent")).unwrap();
        for tool in ["systemctl", "logger", "apt-get"] {
            let path = bin.join(tool);
            let log = folder.path().join("told");
            std::fs::write(&path, format!("#!/bin/sh\necho {tool} \"$@\" >>{}\n", log.display())).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        server.set(TOKEN_PATH, r#"{"access_token":"secret","expires_in":3599,"token_type":"Bearer"}"#);
        server.attribute("program", "collector");
        server.attribute("programs", "gs://lake/programs/v1");
        server.attribute("unit", read("deploy/machines/collector.service"));
        server.attribute("logging", read("deploy/machines/ops-agent.yaml"));
        server.set("/lake/programs/v1/collector", PROGRAM);
        server.set("/lake/programs/v1/SHA256SUMS", format!("{}  collector\n", sha256(PROGRAM)));
        Self { folder, server }
    }

    fn boot(&self) -> Output {
        let path = std::env::var("PATH").unwrap_or_default();
        let _ = std::fs::remove_file(self.folder.path().join("told"));
        Command::new("bash")
            .arg(root().join("deploy/machines/startup.sh"))
            .env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()))
            .env("METADATA", &self.server.url)
            .env("STORAGE", &self.server.url)
            .env("ROOT", self.path(""))
            .env_remove("http_proxy")
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap()
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join("root").join(below)
    }

    /// What the tools were told.
    fn told(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("told")).unwrap_or_default()
    }
}

fn sha256(text: &str) -> String {
    let mut child = Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

fn has_tools() -> bool {
    let all =
        ["bash", "curl", "sha256sum"].iter().all(|tool| Command::new(tool).arg("--version").output().is_ok());
    if !all {
        skipped("startup.sh: bash, curl or sha256sum is not installed");
    }
    all
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_boot_installs_the_program_and_the_next_one_only_starts_it() {
    if !has_tools() {
        return;
    }
    let machine = Machine::new();
    let first = machine.boot();
    assert!(first.status.success(), "{first:?}");
    let program = machine.path("opt/quarterday/collector");
    assert_eq!(text(&program), PROGRAM);
    assert_eq!(program.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    assert!(text(&machine.path("etc/systemd/system/collector.service")).contains("collector attend"));
    assert!(text(&machine.path("etc/google-cloud-ops-agent/config.yaml")).contains("systemd_journald"));
    let told = machine.told();
    assert!(
        told.contains("systemctl daemon-reload") && told.contains("systemctl start collector.service"),
        "{told}"
    );
    assert!(!told.contains("poweroff") && !told.contains("apt-get"), "{told}");

    let second = machine.boot();
    assert!(second.status.success(), "{second:?}");
    let told = machine.told();
    assert!(told.contains("systemctl start collector.service") && !told.contains("daemon-reload"), "{told}");
    assert_eq!(
        machine.server.times("/lake/programs/v1/collector"),
        1,
        "fetched again although nothing changed"
    );

    // Another version is fetched at the next boot.
    let newer = "#!/bin/sh\nexit 3\n";
    machine.server.attribute("programs", "gs://lake/programs/v2");
    machine.server.set("/lake/programs/v2/collector", newer);
    machine.server.set("/lake/programs/v2/SHA256SUMS", format!("{}  collector\n", sha256(newer)));
    assert!(machine.boot().status.success());
    assert_eq!(text(&program), newer);
}

#[test]
fn a_machine_that_cannot_be_set_up_says_so_and_goes_off_unless_it_is_held() {
    if !has_tools() {
        return;
    }
    // A program other than its list says, none in the list, an unset attribute.
    let cases: [(&str, Spoil); 3] = [
        ("has sha256", |server| server.set("/lake/programs/v1/collector", "forged")),
        ("names no collector", |server| server.set("/lake/programs/v1/SHA256SUMS", "")),
        ("quarterday-programs is not set", |server| server.attribute("programs", "")),
    ];
    for (reason, spoil) in cases {
        let machine = Machine::new();
        spoil(&machine.server);
        let output = machine.boot();
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && said.contains(reason), "{reason}: {said}");
        assert!(said.contains("quarterday set-up failed"), "{said}");
        assert!(machine.told().contains("systemctl poweroff"), "{}", machine.told());
        assert!(!machine.path("opt/quarterday/collector").exists());

        machine.server.attribute("hold", "2026-11-21T12:00:00Z");
        assert!(!machine.boot().status.success());
        assert!(!machine.told().contains("poweroff"), "{}", machine.told());
    }
}
