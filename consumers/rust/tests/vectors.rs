//! Every vector of consumers/spec/vectors, codes included; none is passed over.

#![allow(missing_docs)]

#[path = "../examples/conformance/vectors.rs"]
mod vectors;

use std::path::Path;

#[test]
fn every_vector_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors");
    let (mut played, mut failed) = (0, Vec::new());
    vectors::play_all(&folder, |name, result| {
        played += 1;
        if let Err(detail) = result {
            failed.push(format!("{name}: {detail}"));
        }
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let files = |part: std::fs::DirEntry| std::fs::read_dir(part.path()).into_iter().flatten().count();
    let parts = std::fs::read_dir(&folder).expect("vectors are there").flatten();
    let there: usize = parts.filter(|part| part.path().is_dir()).map(files).sum();
    assert!(there > 1_000);
    assert_eq!(played, there);
}
