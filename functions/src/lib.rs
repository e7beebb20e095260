//! The orchestrator: what Pub/Sub pushes to.
