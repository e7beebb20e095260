//! A Spark of several processes on this machine: a master and workers, each on a loopback address and with a folder of its own,
//! since workers that share one read each other's shuffle files, and a loss would go unnoticed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What is installed.
const SPARK: &str = "pyspark==4.0.5";

/// An installed Spark.
pub(crate) struct Spark {
    /// Folder of its virtual environment.
    place: PathBuf,
}

fn skipped(why: &str) -> Option<Spark> {
    use std::io::Write as _;
    // Straight to standard error, which a test's runner does not swallow.
    let _ = writeln!(std::io::stderr(), "SKIPPED: the split on Spark: {why}");
    None
}

impl Spark {
    /// Spark in this user's cache, installed where it is not there yet; `None`, said loudly, where it cannot be.
    pub(crate) fn installed() -> Option<Self> {
        if std::env::var("QUARTERDAY_SPARK_TESTS").is_ok_and(|value| value == "0") {
            return skipped("QUARTERDAY_SPARK_TESTS is 0");
        }
        if !cfg!(target_os = "linux") {
            return skipped(
                "its workers need loopback addresses of their own, which only Linux has without further ado",
            );
        }
        if java().is_none_or(|version| version < 17) {
            return skipped(
                "Java 17 or newer is not installed (Debian: apt-get install openjdk-17-jre-headless)",
            );
        }
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
        let Some(home) = home else { return skipped("there is no home folder to install it in") };
        let place = home.join("quarterday").join(SPARK.replace("==", "-"));
        // Complete only once this file is there.
        let complete = place.join("installed");
        if !complete.is_file() {
            let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place).output();
            if !made.is_ok_and(|output| output.status.success()) {
                return skipped("Python with venv is not installed (Debian: apt-get install python3-venv)");
            }
            let pip = Command::new(place.join("bin/pip"))
                .args(["install", "--quiet", "--no-cache-dir", SPARK])
                .output();
            let failed = pip.map_or_else(
                |error| Some(error.to_string()),
                |output| {
                    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
                },
            );
            if let Some(reason) = failed {
                return skipped(&format!("pip cannot install {SPARK}: {reason}"));
            }
            std::fs::write(&complete, SPARK).ok()?;
        }
        Some(Self { place })
    }

    /// A command of Spark's, with the environment that makes it this one.
    fn command(&self, name: &str) -> Command {
        let bin = self.place.join("bin");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(bin.join(name));
        command
            .env("PATH", format!("{}:{path}", bin.display()))
            .env_remove("SPARK_HOME")
            .env_remove("PYTHONPATH");
        command.env("PYSPARK_PYTHON", bin.join("python")).env("SPARK_LOCAL_IP", "127.0.0.1");
        command
    }

    /// `spark-submit` for a cluster, without the script.
    pub(crate) fn submit(&self, cluster: &Cluster) -> Command {
        let mut command = self.command("spark-submit");
        command.args(["--master", &cluster.url, "--driver-memory", "512m", "--executor-memory", "512m"]);
        for setting in
            ["spark.ui.enabled=false", "spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1"]
        {
            command.args(["--conf", setting]);
        }
        command.env("SPARK_LOCAL_DIRS", &cluster.folder);
        command
    }
}

/// The main number of the Java that is installed.
fn java() -> Option<u32> {
    let output = Command::new("java").arg("-version").output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.split_once("version \"")?.1.split(['.', '"', '-']).next()?.parse().ok()
}

/// A master and its workers; they end with this value.
pub(crate) struct Cluster {
    /// Where drivers find it.
    url: String,
    folder: PathBuf,
    master: Child,
    workers: Vec<Child>,
}

impl Cluster {
    /// A cluster of so many workers with a core each, below `folder`.
    pub(crate) fn start(spark: &Spark, folder: &Path, workers: u8) -> Self {
        let port = cloud::local::free_port().unwrap();
        let (url, folder) = (format!("spark://127.0.0.1:{port}"), folder.join("cluster"));
        let daemon = |class: &str, address: &str, log: &str| {
            let own = folder.join(log);
            std::fs::create_dir_all(&own).unwrap();
            let log = std::fs::File::create(own.join("log")).unwrap();
            let mut command = spark.command("spark-class");
            command
                .env("SPARK_LOCAL_IP", address)
                .env("SPARK_LOCAL_DIRS", &own)
                .env("SPARK_DAEMON_MEMORY", "192m");
            command.args([
                &format!("org.apache.spark.deploy.{class}"),
                "--host",
                address,
                "--webui-port",
                "0",
            ]);
            command.stdout(Stdio::null()).stderr(log).stdin(Stdio::null());
            (command, own)
        };
        let (mut master, _) = daemon("master.Master", "127.0.0.1", "master");
        let master = master.args(["--port", &port.to_string()]).spawn().unwrap();
        let mut cluster = Self { url, folder: folder.clone(), master, workers: Vec::new() };
        until("the master listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        for number in 0..workers {
            let (mut worker, own) =
                daemon("worker.Worker", &format!("127.0.0.{}", number + 11), &format!("worker-{number}"));
            worker
                .args(["--cores", "1", "--memory", "600m", "--work-dir"])
                .arg(own.join("work"))
                .arg(&cluster.url);
            cluster.workers.push(worker.spawn().unwrap());
        }
        cluster
    }

    /// Kills the executor of one worker, at once and without a word. What it has started lives on for a moment.
    pub(crate) fn kill_an_executor(&self) {
        // The newest: one of an earlier driver may not have gone yet. Ids begin again some day, starts do not.
        let executors = self.workers.iter().flat_map(|worker| children(worker.id()));
        let victim = executors.max_by_key(|id| started(*id)).expect("no executor is at work");
        assert!(Command::new("kill").args(["-9", &victim.to_string()]).status().unwrap().success());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in self.workers.iter_mut().chain([&mut self.master]) {
            for executor in children(child.id()) {
                let _ = Command::new("kill").args(["-9", &executor.to_string()]).status();
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The processes that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let of = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<u32>().ok());
        if of == Some(parent) {
            found.push(id);
        }
    }
    found
}

/// When a process has started, in the kernel's ticks; `None` where it is gone.
fn started(id: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

fn until(what: &str, done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(60), "not so after a minute: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
