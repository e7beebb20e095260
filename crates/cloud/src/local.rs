//! The adapters for one machine: a folder as the lake, HTTP pushes as the bus, child processes as machines and jobs.

mod bus;
#[cfg(feature = "bus-server")]
mod bus_server;
mod child;
mod lake;
mod processes;
mod scratch;

pub use bus::HttpBus;
#[cfg(feature = "bus-server")]
pub use bus_server::{BusServer, DeadLetter, Subscription};
pub use child::{exit_with_parent, free_port};
pub use lake::LocalLake;
pub use processes::{LocalJobs, LocalMachines, Program};
