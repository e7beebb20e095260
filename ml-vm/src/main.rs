//! Stage 3 as a program. See the crate's documentation.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cloud::init_tracing("ml-vm");
    ml_vm::run(ml_vm::cli::Cli::parse())
}
