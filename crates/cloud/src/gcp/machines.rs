//! Compute Engine instances as machines. A machine is an instance of the same name in each zone of a list, at most one of
//! them on; what it is on for stands in its metadata, where the program that runs on it reads it.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use futures::future::try_join_all;
use google_cloud_compute_v1::client::{Instances, ZoneOperations};
use google_cloud_compute_v1::model::instance::Status;
use google_cloud_compute_v1::model::metadata::Items;
use google_cloud_compute_v1::model::{Instance, Metadata, Operation as Done, operation};
use uuid::Uuid;

use super::error::{GcpError, machine_error, retries, status};
use super::metadata::{HOLD, WORK, parse_work, write_work};
use super::settings::{Settings, credentials};
use crate::machines::{
    MachineError, MachineStatus, Machines, Operation, OperationStatus, Request, Start, TRIES_A_PLACE, Work,
};

/// How long a change of metadata may take before the start is asked for again later.
const METADATA_LIMIT: Duration = Duration::from_secs(8);
/// How long to look whether a start or stop fails at once.
const GLANCE: Duration = Duration::from_millis(1500);

/// The machines of a project.
pub struct ComputeMachines {
    instances: Instances,
    operations: ZoneOperations,
    project: String,
    zones: Vec<String>,
}

struct Found {
    zone: String,
    instance: Instance,
}

impl Found {
    fn is_on(&self) -> bool {
        let on = [Status::Provisioning, Status::Staging, Status::Running, Status::Repairing];
        self.instance.status.as_ref().is_some_and(|status| on.contains(status))
    }

    fn is_off(&self) -> bool {
        self.instance.status.as_ref().is_some_and(|status| *status == Status::Terminated)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        let items = &self.instance.metadata.as_ref()?.items;
        items.iter().find(|item| item.key.as_deref() == Some(name))?.value.as_deref()
    }

    fn work(&self) -> Option<Work> {
        self.attribute(WORK).and_then(parse_work)
    }
}

impl ComputeMachines {
    /// The machines in these zones, in the order in which they are tried.
    ///
    /// # Errors
    /// There are no credentials, or no zones.
    pub async fn open(settings: &Settings, zones: Vec<String>) -> Result<Self, GcpError> {
        if zones.is_empty() {
            return Err(GcpError::Setting("QUARTERDAY_ZONES is empty: name at least one zone".into()));
        }
        let endpoint = settings.endpoints.compute.as_ref();
        let credentials = credentials(endpoint)?;
        let (mut instances, mut operations) = (Instances::builder(), ZoneOperations::builder());
        if let Some(endpoint) = endpoint {
            instances = instances.with_endpoint(endpoint);
            operations = operations.with_endpoint(endpoint);
        }
        let instances = instances.with_credentials(credentials.clone()).with_retry_policy(retries()).build();
        let operations = operations.with_credentials(credentials).with_retry_policy(retries()).build();
        Ok(Self {
            instances: instances.await.map_err(GcpError::client("Compute Engine"))?,
            operations: operations.await.map_err(GcpError::client("Compute Engine"))?,
            project: settings.project.clone(),
            zones,
        })
    }

    /// The machine's instances, in the order of zones.
    async fn find(&self, machine: &str) -> Result<Vec<Found>, MachineError> {
        let name = instance_name(machine);
        let asked = self.zones.iter().map(|zone| {
            let get = self.instances.get().set_project(&self.project).set_zone(zone).set_instance(&name);
            async move {
                match get.send().await {
                    Ok(instance) => Ok(Some(Found { zone: zone.clone(), instance })),
                    Err(error) if status(&error) == Some(404) => Ok(None),
                    Err(error) => Err(machine_error(machine, &error)),
                }
            }
        });
        Ok(try_join_all(asked).await?.into_iter().flatten().collect())
    }

    /// Sets one attribute of an instance and waits until that is done; `false`: it still lasts.
    async fn set_attribute(
        &self,
        machine: &str,
        found: &Found,
        (name, value): (&str, String),
        request: Uuid,
    ) -> Result<bool, MachineError> {
        if found.attribute(name) == Some(&value) {
            return Ok(true);
        }
        let old = found.instance.metadata.clone().unwrap_or_default();
        let mut items: Vec<Items> =
            old.items.into_iter().filter(|item| item.key.as_deref() != Some(name)).collect();
        items.push(Items::new().set_key(name).set_value(value));
        let mut metadata = Metadata::new().set_items(items);
        metadata.fingerprint = old.fingerprint;
        let set = self.instances.set_metadata().set_project(&self.project).set_zone(&found.zone);
        let set =
            set.set_instance(instance_name(machine)).set_body(metadata).set_request_id(request.to_string());
        let asked = set.with_idempotency().send().await.map_err(|e| machine_error(machine, &e))?;
        match self.until_done(machine, &found.zone, asked, METADATA_LIMIT).await? {
            OperationStatus::Done => Ok(true),
            OperationStatus::Running => Ok(false),
            OperationStatus::Failed { reason, .. } => {
                Err(MachineError::Passing { machine: machine.to_owned(), reason, stock_out: false })
            }
        }
    }

    /// Follows an operation for a while.
    async fn until_done(
        &self,
        machine: &str,
        zone: &str,
        mut operation: Done,
        limit: Duration,
    ) -> Result<OperationStatus, MachineError> {
        let end = tokio::time::Instant::now() + limit;
        let mut pause = Duration::from_millis(50);
        let name = operation.name.clone().unwrap_or_default();
        loop {
            let now = standing(operation);
            if now != OperationStatus::Running || tokio::time::Instant::now() + pause > end {
                return Ok(now);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
            let get = self.operations.get().set_project(&self.project).set_zone(zone).set_operation(&name);
            operation = get.send().await.map_err(|e| machine_error(machine, &e))?;
        }
    }

    async fn start_in(
        &self,
        machine: &str,
        found: &Found,
        work: Work,
        request: &Request,
    ) -> Result<Start, MachineError> {
        let metadata_id = request.step(&format!("work {}", found.zone));
        if !self.set_attribute(machine, found, (WORK, write_work(work)), metadata_id).await? {
            return Ok(Start::Later("its metadata is being set".to_owned()));
        }
        let start = self.instances.start().set_project(&self.project).set_zone(&found.zone);
        let start = start.set_instance(instance_name(machine));
        let start = start.set_request_id(request.step(&format!("start {}", found.zone)).to_string());
        let asked = start.with_idempotency().send().await.map_err(|e| machine_error(machine, &e))?;
        let name = asked.name.clone().unwrap_or_default();
        match self.until_done(machine, &found.zone, asked, GLANCE).await? {
            OperationStatus::Done => Ok(Start::Started(None)),
            OperationStatus::Running => {
                Ok(Start::Started(Some(Operation { place: found.zone.clone(), name })))
            }
            OperationStatus::Failed { reason, stock_out } => Err(MachineError::Passing {
                machine: machine.to_owned(),
                reason: format!("{}: {reason}", found.zone),
                stock_out,
            }),
        }
    }
}

/// The name of a machine's instances; deploy/ makes them.
fn instance_name(machine: &str) -> String {
    format!("quarterday-{machine}")
}

/// Where an operation stands. One that has ended with an error is a failure, although the request succeeded.
fn standing(done: Done) -> OperationStatus {
    if done.status != Some(operation::Status::Done) {
        return OperationStatus::Running;
    }
    let codes: Vec<String> =
        done.error.iter().flat_map(|e| &e.errors).filter_map(|e| e.code.clone()).collect();
    let messages: Vec<String> =
        done.error.iter().flat_map(|e| &e.errors).filter_map(|e| e.message.clone()).collect();
    match done.to_result() {
        Ok(_) => OperationStatus::Done,
        Err(error) => OperationStatus::Failed {
            reason: match (codes.is_empty(), messages.is_empty()) {
                (true, _) => error.to_string(),
                (false, true) => codes.join(", "),
                (false, false) => format!("{}: {}", codes.join(", "), messages.join("; ")),
            },
            stock_out: codes.iter().any(|code| code.starts_with("ZONE_RESOURCE_POOL_EXHAUSTED")),
        },
    }
}

#[async_trait]
impl Machines for ComputeMachines {
    async fn start(&self, machine: &str, work: Work, request: &Request) -> Result<Start, MachineError> {
        let all = self.find(machine).await?;
        if let Some(on) = all.iter().find(|found| found.is_on()) {
            if on.work() == Some(work) {
                return Ok(Start::Started(None));
            }
            if !request.takes_over {
                let work =
                    on.work().map_or_else(|| "nothing that we know".to_owned(), |work| work.to_string());
                return Err(MachineError::Busy { machine: machine.to_owned(), work });
            }
            let set =
                self.set_attribute(machine, on, (WORK, write_work(work)), request.step("take over")).await?;
            return Ok(if set {
                Start::Started(None)
            } else {
                Start::Later("its metadata is being set".into())
            });
        }
        if all.iter().any(|found| !found.is_off()) {
            return Err(MachineError::Busy { machine: machine.to_owned(), work: "going off".to_owned() });
        }
        let turn = (request.tries / TRIES_A_PLACE) as usize % self.zones.len();
        let (tried, rest) = all.split_at(turn.min(all.len()));
        let Some(found) = rest.first().or(tried.first()) else {
            let reason = format!(
                "there is no instance {} in {}: make it with `terraform apply`, or correct QUARTERDAY_ZONES",
                instance_name(machine),
                self.zones.join(", ")
            );
            return Err(MachineError::Failed { machine: machine.to_owned(), reason });
        };
        self.start_in(machine, found, work, request).await
    }

    async fn stop(&self, machine: &str, request: &Request) -> Result<(), MachineError> {
        for found in self.find(machine).await?.iter().filter(|found| found.is_on()) {
            let stop = self.instances.stop().set_project(&self.project).set_zone(&found.zone);
            let stop = stop.set_instance(instance_name(machine));
            let stop = stop.set_request_id(request.step(&format!("stop {}", found.zone)).to_string());
            let asked = stop.with_idempotency().send().await.map_err(|e| machine_error(machine, &e))?;
            let done = self.until_done(machine, &found.zone, asked, GLANCE).await?;
            if let OperationStatus::Failed { reason, .. } = done {
                return Err(MachineError::Passing { machine: machine.to_owned(), reason, stock_out: false });
            }
        }
        Ok(())
    }

    async fn status(&self, machine: &str) -> Result<MachineStatus, MachineError> {
        let all = self.find(machine).await?;
        let on = all.iter().find(|found| found.is_on());
        Ok(on.map_or(MachineStatus::Off, |found| MachineStatus::On(found.work())))
    }

    async fn operation(&self, operation: &Operation) -> Result<OperationStatus, MachineError> {
        let get = self.operations.get().set_project(&self.project).set_zone(&operation.place);
        match get.set_operation(&operation.name).send().await {
            Ok(done) => Ok(standing(done)),
            // Operations are forgotten after some weeks.
            Err(error) if status(&error) == Some(404) => Ok(OperationStatus::Done),
            Err(error) => Err(machine_error(&operation.name, &error)),
        }
    }

    async fn hold(&self, machine: &str, until: Option<DateTime<Utc>>) -> Result<(), MachineError> {
        let value = until.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default();
        for found in self.find(machine).await? {
            self.set_attribute(machine, &found, (HOLD, value.clone()), Uuid::new_v4()).await?;
        }
        Ok(())
    }

    fn places(&self) -> u32 {
        u32::try_from(self.zones.len()).unwrap_or(u32::MAX)
    }
}

/// Lets a request that carries an id be repeated by the client library.
trait WithIdempotency {
    fn with_idempotency(self) -> Self;
}

impl<T: google_cloud_gax::options::RequestOptionsBuilder> WithIdempotency for T {
    fn with_idempotency(self) -> Self {
        google_cloud_gax::options::RequestOptionsBuilder::with_idempotency(self, true)
    }
}
