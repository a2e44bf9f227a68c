//! Every vector of consumers/spec/vectors, played as the conformance program plays them; a folder
//! or a file that is not run is a failure.

#[allow(dead_code, unused_imports)]
#[path = "../examples/conformance/held.rs"]
mod held;
#[path = "../examples/conformance/lines.rs"]
mod lines;
#[path = "../examples/conformance/stories.rs"]
mod stories;
#[allow(dead_code)]
#[path = "../examples/conformance/vectors.rs"]
mod vectors;

use std::collections::BTreeMap;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/vectors"))
}

#[test]
fn every_vector_holds() {
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    vectors::play_all(root(), |name, played| {
        let folder = name.split('/').next().unwrap_or_default();
        *counts.entry(folder.to_owned()).or_default() += 1;
        if let Err(detail) = played {
            wrong.push(format!("{name}: {detail}"));
        }
    })
    .expect("the vectors can be read");
    assert!(wrong.is_empty(), "{} vectors fail:\n{}", wrong.len(), wrong.join("\n"));
    for folder in ["valid", "invalid", "stories", "lines", "catalogue", "choices"] {
        let files = std::fs::read_dir(root().join(folder)).expect("a folder of vectors").count();
        assert!(files > 0, "{folder} is empty");
        assert_eq!(counts.get(folder), Some(&files), "{folder}: all of them, and none twice");
    }
}

#[test]
fn a_vector_that_lies_is_caught() {
    let play = vectors::player("invalid").expect("a known folder");
    let vector = serde_json::json!({
        "stream": "book", "id": "1-1", "hex": "c1", "code": "SCHEMA", "canonical": ""
    });
    assert!(play(&vector).is_err());
    assert!(vectors::player("unheard-of").is_none());
}
