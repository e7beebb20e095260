//! Servers of tests end with their test: each of them has threads and open files, of which a process may have some thousand.

use actix_web::dev::ServerHandle;

/// A server that ends when this is dropped.
#[derive(Debug)]
pub struct Serving(ServerHandle);

impl From<ServerHandle> for Serving {
    fn from(handle: ServerHandle) -> Self {
        Self(handle)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It is told to end here; nobody waits until it has.
        drop(self.0.stop(false));
    }
}
