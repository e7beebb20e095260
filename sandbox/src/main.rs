//! `sandbox generate`, `sandbox serve` and `sandbox billing`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cloud::local::exit_with_parent();
    ExitCode::from(sandbox::cli::run())
}
