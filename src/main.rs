//! The program; all of it is in [`waitline::cli`].

fn main() -> std::process::ExitCode {
    waitline::cli::main()
}
