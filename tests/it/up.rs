//! Everything on one machine, until stopped; looked at in a real browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::Slot;
use tests::installation::Installation;
use tests::{processes, programs, world};

/// A running `quarterday up`, which a test that fails does not leave behind.
struct Running(Child);

impl Running {
    fn interrupt(&mut self) -> ExitStatus {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.0.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            self.interrupt();
        }
    }
}

/// A running `quarterday up`, and what it printed until it was ready.
pub(crate) struct Up {
    child: Running,
    pub(crate) printed: String,
    pub(crate) port: u16,
}

impl Up {
    fn start(world: &Path, installation: &Installation) -> Self {
        Self::start_with(world, installation, |_| {})
    }

    /// The same with a change of its command: of its environment, or where its own log goes.
    pub(crate) fn start_with(
        world: &Path,
        installation: &Installation,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let port = cloud::local::free_port().unwrap();
        let mut command = programs::command("quarterday");
        command.args(["up", "--speed", "--port", &port.to_string(), "--world"]).arg(world);
        command.arg("--home").arg(installation.home()).stdout(Stdio::piped());
        change(&mut command);
        let mut child = Running(command.spawn().unwrap());
        let mut printed = String::new();
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        while !printed.contains("Ctrl-C stops everything") {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {printed}{}", installation.logs()));
            printed.push_str(&line.unwrap());
            printed.push('\n');
        }
        Self { child, printed, port }
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.ask("GET", path, "")
    }

    /// Sends a form's content, as a browser that is on the site does.
    pub(crate) fn ask(&self, method: &str, path: &str, form: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let host = format!("localhost:{}", self.port);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Stops it as Ctrl-C does.
    pub(crate) fn stop(mut self) {
        assert!(self.child.interrupt().success());
    }
}

fn accounts(printed: &str) -> Vec<&str> {
    printed.lines().filter(|line| line.contains("@example.com")).collect()
}

#[test]
fn shows_a_slot_stops_cleanly_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let installation = Installation::new();
    let up = Up::start(&world, &installation);
    assert!(up.printed.contains(&format!("http://localhost:{}", up.port)), "{}", up.printed);
    let first = accounts(&up.printed).join("\n");
    for kind in ["free", "plus", "pro", "admin"] {
        assert!(first.contains(&format!("{kind}@example.com")), "{first}");
    }
    assert!(up.get("/readyz").contains(" 200 "));
    let home = up.get("/");
    assert!(home.contains("Sandbox data"), "every page says that the data are the sandbox's");
    in_a_browser(&up, &home);
    in_the_laboratory(&up, &home);

    up.stop();
    let left = processes::left(&[&installation.home().display().to_string()], Duration::from_secs(20));
    assert!(left.is_empty(), "processes were left: {left:?}");
    let again = Up::start(&world, &installation);
    assert_eq!(
        accounts(&again.printed).join("\n"),
        first,
        "the second start goes on with the data of the first"
    );
    assert!(again.get("/readyz").contains(" 200 "));
    again.stop();
}

/// Slots that fall due while an earlier one runs begin at once; whoever is killed then must go on from their close, not before.
#[test]
fn the_kept_time_is_never_before_a_slot_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let installation = Installation::new();
    // A slot takes longer than the two seconds in which the next one falls due.
    let slow = folder.path().join("slow.json");
    std::fs::write(&slow, r#"{"seed": 1, "rules": [{"source": "x", "kind": "slow", "ms": 3000}]}"#).unwrap();
    let mut command = programs::command("quarterday");
    command.args(["up", "--speed", "10000", "--port", "0", "--world"]).arg(&world).arg("--faults").arg(slow);
    command.arg("--home").arg(installation.home()).stdout(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    let mut said = String::new();
    let mut ended = 0;
    for line in BufReader::new(child.0.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        said.push_str(&line);
        let slot = line.split(' ').next().and_then(|word| word.parse::<Slot>().ok());
        let Some(slot) = slot else { continue };
        let kept = std::fs::read_to_string(installation.home().join("world-time")).unwrap();
        let kept: DateTime<Utc> = kept.trim().parse().unwrap();
        assert!(kept >= slot.close_at(), "{slot} has run, and a start would go on from {kept}");
        ended += 1;
        if ended == 4 {
            break;
        }
    }
    assert_eq!(ended, 4, "{said}{}", installation.logs());
    assert!(child.interrupt().success());
}

/// The address of the first asset on the front page.
fn first_asset(home: &str) -> String {
    let start = home.find("href=\"/assets/").expect("the home page links to an asset") + "href=\"".len();
    home[start..].chars().take_while(|c| *c != '"').collect()
}

/// The VaR laboratory computes in the site and in the function that `up` starts, and both find the same.
#[tokio::main(flavor = "current_thread")]
async fn in_the_laboratory(up: &Up, home: &str) {
    let base = format!("http://localhost:{}", up.port);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let pro = accounts(&up.printed).into_iter().find(|line| line.contains("pro@example.com")).unwrap();
    let [_, email, password] = pro.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{pro}") };
    let signed_in = client.post(format!("{base}/sign-in")).form(&[("email", email), ("password", password)]);
    let signed_in = signed_in.send().await.unwrap();
    let cookies = signed_in.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let session = cookies.map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    assert!(session.contains("sid="), "{}: {session}", signed_in.status());

    let symbol = first_asset(home).replacen("/assets/", "", 1).replace("%2F", "/").replace("&#x2F;", "/");
    let fields = [
        ("symbol", symbol.as_str()),
        ("on", ""),
        ("side", "long"),
        ("position", "10000"),
        ("window", "30"),
        ("simulations", "20000"),
        ("workers", "3"),
        ("confidence", "99"),
        ("horizon", "1"),
        ("place", "both"),
        ("seed", "7"),
    ];
    let made = client.post(format!("{base}/lab/runs")).header("cookie", &session).form(&fields);
    let made = made.send().await.unwrap();
    let run = made.headers().get("location").map(|at| at.to_str().unwrap().to_owned());
    let said = made.text().await.unwrap();
    let run = run.filter(|at| at.starts_with("/lab/runs/")).unwrap_or_else(|| panic!("{said}"));
    let page = client.get(format!("{base}{run}")).header("cookie", &session).send().await.unwrap();
    let page = page.text().await.unwrap();
    let places = page.split("id=\"lab-places\"").nth(1).unwrap().split("</section>").next().unwrap();
    for place in ["the site", "the serverless function"] {
        assert!(places.contains(&format!("<th scope=\"row\">{place}</th>")), "{place}: {places}");
    }
    assert_eq!(places.matches("<td>yes</td>").count(), 2, "both used the same prices: {places}");
}

/// The charts are drawn, and the page keeps its own content security policy.
fn in_a_browser(up: &Up, home: &str) {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let Some(browser) = names.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok())
    else {
        stand_ins::skipped("no browser on this machine, so nobody looked at the pages");
        return;
    };
    let asset = first_asset(home);
    // The page without a stream, whose end a browser that keeps its own time would wait for.
    let path = format!("{asset}/price");
    let profile = tempfile::tempdir().unwrap();
    let look = || {
        Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args([
                "--enable-logging=stderr",
                "--virtual-time-budget=8000",
                "--dump-dom",
                "--window-size=1440,2400",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("http://localhost:{}{path}", up.port))
            .output()
            .unwrap()
    };
    // The browser's time does not wait for a busy machine to draw; then it looks again.
    let drawn = |output: &Output| String::from_utf8_lossy(&output.stdout).contains("<canvas");
    let output = (0..4).map(|_| look()).find(drawn).unwrap_or_else(look);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(drawn(&output), "no chart was drawn on {path}: {log}");
    let complaints: Vec<&str> =
        log.lines().filter(|line| line.contains("CONSOLE") && !line.contains("INFO:CONSOLE:0")).collect();
    let refused: Vec<&&str> =
        complaints.iter().filter(|l| l.contains("Content Security Policy") || l.contains("Error")).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}
