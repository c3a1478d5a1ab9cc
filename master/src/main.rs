//! The master. Everything is in the library.

fn main() -> std::process::ExitCode {
    master::cli::main()
}
