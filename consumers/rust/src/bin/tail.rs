//! `tail STREAM`: a stream's entries as canonical JSON lines. Exit code 0 when stopped, 2 for wrong
//! arguments, 3 when Redis refuses.

use std::process::ExitCode;

use pykraken_consumer::errors::Error;
use pykraken_consumer::tail::{Arguments, USAGE, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let url = std::env::var("PYKRAKEN_REDIS_URL").ok().filter(|url| !url.is_empty());
    let mut out = std::io::stdout();
    let done = match Arguments::parse(std::env::args().skip(1), url) {
        Ok(arguments) => tokio::select! {
            done = run(&arguments, &mut out) => done,
            () = stopped() => Ok(()),
        },
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ Error::Invalid(_)) => {
            eprintln!("usage: {USAGE}\n{error}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(3)
        }
    }
}

/// Ctrl-C, or what a supervisor says.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
