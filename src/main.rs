//! Parses the command line and reports what went wrong.

use std::process::ExitCode;

use campus_pass::cli::{Cli, run};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("campus-pass: {error:#}");
            ExitCode::FAILURE
        }
    }
}
