//! The `cnn` command: trains, judges and uses the networks. All of its work is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    trainer::cli::main()
}
