//! The ports to lake, bus, machines and jobs, and their adapters.
