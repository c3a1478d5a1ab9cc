//! The worker's launcher. Everything is in the library.

fn main() -> std::process::ExitCode {
    worker::cli::main()
}
