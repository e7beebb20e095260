//! Child processes as machines and jobs: started, watched, stopped, and killed after their limit.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use crate::jobs::{JobStatus, Jobs};
use crate::machines::{
    MachineError, MachineStatus, Machines, Operation, OperationStatus, Request, Start, Work,
};
use crate::trace;

/// How long a process may take to end by itself once asked.
const GRACE: Duration = Duration::from_secs(2);

/// What a machine runs when it is started.
#[derive(Debug, Clone)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
    /// Its first argument, for example `collect`.
    pub verb: String,
    /// The lake that it works on.
    pub lake: String,
    /// Where its standard error goes; appended.
    pub log: PathBuf,
    /// How long it may run before it is killed.
    pub limit: Duration,
}

#[derive(Debug)]
struct Running {
    work: Work,
    stop: Option<oneshot::Sender<()>>,
}

/// Processes by name; one that has ended is forgotten.
#[derive(Debug, Clone, Default)]
struct Processes(Arc<Mutex<BTreeMap<String, Running>>>);

impl Processes {
    fn table(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        // The table is whole after every statement, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, name: &str, program: &Program, work: Work) -> Result<Start, MachineError> {
        let failed = |reason: String| MachineError::Failed { machine: name.to_owned(), reason };
        let mut table = self.table();
        if let Some(running) = table.get(name) {
            let busy = MachineError::Busy { machine: name.to_owned(), work: running.work.to_string() };
            return if running.work == work { Ok(Start::Started(None)) } else { Err(busy) };
        }
        let log = OpenOptions::new().create(true).append(true).open(&program.log);
        let log = log.map_err(|e| failed(format!("{}: {e}", program.log.display())))?;
        let child = Command::new(&program.path)
            .args([&program.verb, "--slot", &work.slot.to_string(), "--lake", &program.lake])
            .args(["--attempt", &work.attempt.to_string()])
            .env("QUARTERDAY_CHILD", "1")
            .env(trace::VARIABLE, trace::of_slot(work.slot).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| failed(format!("{}: {e}", program.path.display())))?;
        let (stop, stopped) = oneshot::channel();
        table.insert(name.to_owned(), Running { work, stop: Some(stop) });
        let (processes, name, limit) = (self.clone(), name.to_owned(), program.limit);
        tokio::spawn(async move {
            watch(child, stopped, limit, &name, work).await;
            processes.table().remove(&name);
        });
        Ok(Start::Started(None))
    }

    fn stop(&self, name: &str) {
        if let Some(stop) = self.table().get_mut(name).and_then(|running| running.stop.take()) {
            // The watcher may have just seen the process end by itself.
            let _ = stop.send(());
        }
    }

    fn stop_all_but(&self, needed: &[Work]) {
        for running in self.table().values_mut().filter(|running| !needed.contains(&running.work)) {
            if let Some(stop) = running.stop.take() {
                // The watcher may have just seen the process end by itself.
                let _ = stop.send(());
            }
        }
    }

    fn work_of(&self, name: &str) -> Option<Work> {
        self.table().get(name).map(|running| running.work)
    }
}

async fn watch(mut child: Child, stopped: oneshot::Receiver<()>, limit: Duration, name: &str, work: Work) {
    // Held apart from the child: to wait for a child closes the input that it still has.
    let lifeline = child.stdin.take();
    tokio::select! {
        ended = child.wait() => {
            tracing::debug!(machine = name, %work, ?ended, "ended by itself");
            return;
        }
        _ = stopped => tracing::debug!(machine = name, %work, "asked to stop"),
        () = tokio::time::sleep(limit) => tracing::error!(machine = name, %work, limit_s = limit.as_secs(), "past its limit"),
    }
    drop(lifeline);
    if tokio::time::timeout(GRACE, child.wait()).await.is_err()
        && let Err(error) = child.kill().await
    {
        tracing::error!(machine = name, %work, %error, "cannot be killed");
    }
}

/// Machines as child processes, each with the program that it runs.
#[derive(Debug, Clone)]
pub struct LocalMachines {
    programs: BTreeMap<String, Program>,
    processes: Processes,
}

impl LocalMachines {
    /// Machines by name.
    pub fn new(programs: BTreeMap<String, Program>) -> Self {
        Self { programs, processes: Processes::default() }
    }
}

#[async_trait]
impl Machines for LocalMachines {
    async fn start(&self, machine: &str, work: Work, _request: &Request) -> Result<Start, MachineError> {
        let unknown = || MachineError::Failed {
            machine: machine.to_owned(),
            reason: "there is no such machine".to_owned(),
        };
        self.processes.start(machine, self.programs.get(machine).ok_or_else(unknown)?, work)
    }

    async fn stop(&self, machine: &str, _request: &Request) -> Result<(), MachineError> {
        self.processes.stop(machine);
        Ok(())
    }

    async fn status(&self, machine: &str) -> Result<MachineStatus, MachineError> {
        let work = self.processes.work_of(machine);
        Ok(work.map_or(MachineStatus::Off, |work| MachineStatus::On(Some(work))))
    }

    async fn operation(&self, _operation: &Operation) -> Result<OperationStatus, MachineError> {
        Ok(OperationStatus::Done)
    }

    /// A process ends with its work: there is nothing to keep on.
    async fn hold(&self, _machine: &str, _until: Option<DateTime<Utc>>) -> Result<(), MachineError> {
        Ok(())
    }

    fn places(&self) -> u32 {
        1
    }
}

/// Jobs as child processes, at most one attempt of a stage and slot at a time.
#[derive(Debug, Clone)]
pub struct LocalJobs {
    program: Program,
    processes: Processes,
}

impl LocalJobs {
    /// A cluster whose jobs all run this program.
    pub fn new(program: Program) -> Self {
        Self { program, processes: Processes::default() }
    }

    fn name(work: Work) -> String {
        format!("{}-{}", work.stage, work.slot)
    }
}

#[async_trait]
impl Jobs for LocalJobs {
    async fn submit(&self, work: Work, _request: &Request) -> Result<Start, MachineError> {
        self.processes.start(&Self::name(work), &self.program, work)
    }

    async fn release(&self, work: Work, _request: &Request) -> Result<(), MachineError> {
        if self.processes.work_of(&Self::name(work)) == Some(work) {
            self.processes.stop(&Self::name(work));
        }
        Ok(())
    }

    async fn status(&self, work: Work) -> Result<JobStatus, MachineError> {
        let current = self.processes.work_of(&Self::name(work));
        Ok(if current == Some(work) { JobStatus::Running } else { JobStatus::Ended })
    }

    async fn release_all_but(&self, needed: &[Work], _request: &Request) -> Result<(), MachineError> {
        self.processes.stop_all_but(needed);
        Ok(())
    }
}
