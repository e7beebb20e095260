//! What a test holds of the stand-in: it sets the scene, looks at what happened and plans what goes wrong.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use serde_json::Value;

use crate::compute::Instance;
use crate::faults::Fault;
use crate::server::{Request, World, lock, serve};
use crate::storage::Object;

/// The stand-in for Google. The server ends when the value that [`Google::start`] gave is dropped; clones, as a callback may hold one,
/// do not keep it running.
pub struct Google {
    /// `http://127.0.0.1:PORT`, the endpoint of every service. For an instance's metadata service see [`Google::metadata_url`].
    pub url: String,
    world: Arc<World>,
    _running: Option<Running>,
}

struct Running {
    server: ServerHandle,
    background: Option<tokio::runtime::Runtime>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // The command to stop is given by the call; the future only tells when it is done.
        drop(self.server.stop(false));
        if let Some(background) = self.background.take() {
            background.shutdown_background();
        }
    }
}

impl Clone for Google {
    fn clone(&self) -> Self {
        Self { url: self.url.clone(), world: Arc::clone(&self.world), _running: None }
    }
}

impl Google {
    /// Starts the stand-in on a free port of loopback, with nothing in it.
    ///
    /// # Panics
    /// When no port, thread or runtime is to be had: a test cannot go on without it.
    pub async fn start() -> Self {
        Self::try_start().unwrap_or_else(|error| panic!("the stand-in for Google does not start: {error}"))
    }

    fn try_start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let background =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let world = Arc::new(World::new(url.clone(), background.handle().clone()));
        let server = serve(Arc::clone(&world), listener)?;
        Ok(Self { url, world, _running: Some(Running { server, background: Some(background) }) })
    }

    /// The project that the metadata service names; the other services accept any.
    pub fn set_project(&self, project: &str) {
        *lock(&self.world.project) = project.to_owned();
    }

    /// How long operations, and jobs without [`Google::on_job`], take from now on; 50 ms at first.
    pub fn operation_time(&self, time: Duration) {
        *lock(&self.world.operation_time) = time;
    }

    /// Plans a mishap; those planned first happen first.
    ///
    /// # Panics
    /// When the path is not a regular expression.
    pub fn fault(&self, fault: Fault) {
        let path = fault.path.clone();
        let planned = lock(&self.world.faults).plan(fault);
        planned.unwrap_or_else(|error| panic!("{path:?} is not a regular expression: {error}"));
    }

    /// Forgets the mishaps that have not happened yet.
    pub fn clear_faults(&self) {
        lock(&self.world.faults).clear();
    }

    /// Every request so far, in the order in which they came.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.world.requests).clone()
    }

    /// What did not fit Google's published descriptions; empty also when there are none to check against.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.world.violations).clone()
    }

    /// Makes an empty bucket, or empties the one of this name.
    pub fn create_bucket(&self, bucket: &str) {
        lock(&self.world.storage).buckets.insert(bucket.to_owned(), BTreeMap::new());
    }

    /// Takes a bucket away with all that is in it.
    pub fn remove_bucket(&self, bucket: &str) {
        lock(&self.world.storage).buckets.remove(bucket);
    }

    /// The live objects of a bucket by name; none when there is no such bucket.
    pub fn objects(&self, bucket: &str) -> BTreeMap<String, Vec<u8>> {
        let storage = lock(&self.world.storage);
        let objects = storage.buckets.get(bucket).into_iter().flatten();
        objects.map(|(name, object)| (name.clone(), object.bytes.to_vec())).collect()
    }

    /// Puts an object into a bucket, which is made when it is missing.
    pub fn put_object(&self, bucket: &str, name: &str, bytes: impl Into<Vec<u8>>) {
        let mut storage = lock(&self.world.storage);
        let generation = storage.next_generation();
        let object = Object::new(bytes.into().into(), generation, serde_json::Map::new());
        storage.buckets.entry(bucket.to_owned()).or_default().insert(name.to_owned(), object);
    }

    /// Makes a machine that is off.
    pub fn add_instance(&self, zone: &str, name: &str) {
        lock(&self.world.compute).add(zone, name);
        self.world.tell();
    }

    /// A machine as it is now.
    pub fn instance(&self, zone: &str, name: &str) -> Option<Instance> {
        lock(&self.world.compute).instance(zone, name).cloned()
    }

    /// Every machine by zone and name.
    pub fn instances(&self) -> BTreeMap<(String, String), Instance> {
        lock(&self.world.compute).instances.clone()
    }

    /// Sets one attribute of a machine, as a deployment does.
    pub fn set_metadata(&self, zone: &str, name: &str, key: &str, value: &str) {
        if let Some(instance) = lock(&self.world.compute).instance(zone, name) {
            let mut metadata = instance.metadata.clone();
            metadata.insert(key.to_owned(), value.to_owned());
            instance.set_metadata(metadata);
        }
        self.world.tell();
    }

    /// The endpoint of a machine's own metadata service.
    pub fn metadata_url(&self, zone: &str, name: &str) -> String {
        format!("{}/vm/{zone}/{name}", self.url)
    }

    /// The machine turns itself off, as the guest does; nothing happens unless it runs.
    pub fn power_off(&self, zone: &str, name: &str) {
        if let Some(instance) =
            lock(&self.world.compute).instance(zone, name).filter(|instance| instance.status == "RUNNING")
        {
            instance.status = "TERMINATED";
            instance.power_offs += 1;
        }
        self.world.tell();
    }

    /// Calls this with zone, name and attributes whenever a machine begins to run, on a thread where it may block.
    pub fn on_start(
        &self,
        callback: impl Fn(String, String, BTreeMap<String, String>) + Send + Sync + 'static,
    ) {
        lock(&self.world.callbacks).start = Some(Arc::new(callback));
    }

    /// Calls this with zone, name and attributes whenever a stop of a machine begins, on a thread where it may block.
    pub fn on_stop(
        &self,
        callback: impl Fn(String, String, BTreeMap<String, String>) + Send + Sync + 'static,
    ) {
        lock(&self.world.callbacks).stop = Some(Arc::new(callback));
    }

    /// Runs each job or batch, given as its resource (a batch has `name`, a job `reference`), when it begins to run. An error ends it
    /// in error with these details.
    /// It is dropped when the job is cancelled or its cluster goes away.
    pub fn on_job<F>(&self, callback: impl Fn(Value) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        lock(&self.world.callbacks).job = Some(Arc::new(move |job| Box::pin(callback(job))));
    }

    /// Makes a Dataproc cluster in this state: `RUNNING`, `STOPPED`, `ERROR` or one between.
    pub fn add_cluster(&self, name: &str, state: &str) {
        lock(&self.world.dataproc).add_cluster(name, state);
    }

    /// The state of a cluster, or none when there is no such cluster.
    pub fn cluster_state(&self, name: &str) -> Option<String> {
        lock(&self.world.dataproc).clusters.get(name).map(|cluster| cluster.state.clone())
    }

    /// The names of all clusters.
    pub fn clusters(&self) -> Vec<String> {
        lock(&self.world.dataproc).clusters.keys().cloned().collect()
    }

    /// The state of each job and batch by its id.
    pub fn job_states(&self) -> BTreeMap<String, String> {
        lock(&self.world.dataproc)
            .work
            .iter()
            .map(|(id, work)| (id.clone(), work.state_name().to_owned()))
            .collect()
    }

    /// Adds a version to a secret; the first makes the secret.
    pub fn set_secret(&self, name: &str, value: impl AsRef<[u8]>) {
        lock(&self.world.secrets).entry(name.to_owned()).or_default().push(value.as_ref().to_vec());
    }
}
