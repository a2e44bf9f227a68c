//! The conformance program: consumers/spec/CONFORMANCE.md says what it does. Tested with the
//! library, not shipped.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use pykraken_consumer::json::{error_line, line, text};
use pykraken_consumer::wire::decode;
use sha2::{Digest, Sha256};

mod entries;
mod follow;
mod held;
mod lines;
mod stories;
mod timing;
mod vectors;

const USAGE: &str = "conformance vectors FOLDER | decode [--digest] | rebuild FILE \
                     | read --url URL STREAM COUNT | follow --url URL [--WORD VALUE...] WANTED...";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["vectors", folder] => run_vectors(Path::new(folder)),
        ["decode"] => run_decode(false),
        ["decode", "--digest"] => run_decode(true),
        ["rebuild", file] => timing::rebuild(Path::new(file)),
        ["read", "--url", url, stream, count] | ["read", stream, count, "--url", url] => {
            timing::read(url, stream, count)
        }
        ["follow", words @ ..] => follow::run(words),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn run_vectors(folder: &Path) -> io::Result<ExitCode> {
    let mut is_well = true;
    let mut out = io::stdout().lock();
    vectors::play_all(folder, |name, played| {
        let name = text(name);
        let said = match played {
            Ok(()) => format!("{{\"vector\":{name},\"ok\":true}}"),
            Err(detail) => {
                is_well = false;
                format!("{{\"vector\":{name},\"ok\":false,\"detail\":{}}}", text(&detail))
            }
        };
        let _ = writeln!(out, "{said}");
    })?;
    out.flush()?;
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_decode(is_digest: bool) -> io::Result<ExitCode> {
    let mut source = BufReader::new(io::stdin().lock());
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut count, mut events) = (0_u64, 0_u64);
    let mut digest = Sha256::new();
    while let Some(entry) = entries::next(&mut source)? {
        count += 1;
        let mut said = match decode(entry.entry_id, &entry.data, entry.place) {
            Ok(event) => {
                events += 1;
                line(&event)
            }
            Err(error) => {
                *codes.entry(error.code.as_str()).or_default() += 1;
                error_line(entry.entry_id, error.code)
            }
        };
        said.push('\n');
        if is_digest {
            digest.update(said.as_bytes());
        } else {
            out.write_all(said.as_bytes())?;
        }
    }
    if is_digest {
        let codes: Vec<String> =
            codes.iter().map(|(code, count)| format!("\"{code}\":{count}")).collect();
        let sha256: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let codes = codes.join(",");
        writeln!(
            out,
            "{{\"entries\":{count},\"events\":{events},\"codes\":{{{codes}}},\
             \"sha256\":\"{sha256}\"}}"
        )?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
