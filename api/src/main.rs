//! `impact`: reads the command line, runs one command, tells in one line why it ended early.

use std::process::ExitCode;

/// Bytes: the deepest query that the limits let through has to fit, unoptimized builds included.
const STACK: usize = 16 << 20;

fn main() -> ExitCode {
    let cli = match api::cli::read(std::env::args_os()) {
        Ok(Some(cli)) => cli,
        Ok(None) => return ExitCode::SUCCESS,
        Err(fault) => return end(&fault, 2),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(cause) => return end(&cause.to_string(), 1),
    };
    match runtime.block_on(api::commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => end(&stop.to_string(), stop.exit_code()),
    }
}

#[expect(clippy::print_stderr, reason = "the last word of the program goes to its terminal, not to a log")]
fn end(fault: &str, code: u8) -> ExitCode {
    eprintln!("impact: {fault}");
    ExitCode::from(code)
}
