//! `impact`: what it does stands in the library, which is compiled there once, for the program and for its tests.

/// Answers are many small pieces of many sizes, made and dropped by several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    api::commands::main(std::env::args_os())
}
