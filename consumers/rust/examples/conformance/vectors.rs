//! Every vector of a folder against the library, codes included (vectors/README.md).

use std::fs;
use std::path::Path;

use pykraken_consumer::book::{checksum_of, orders_checksum};
use pykraken_consumer::choosing::{Options, Wish, choose};
use pykraken_consumer::json::{error_line, line};
use pykraken_consumer::wire::{
    Content, EntryId, Header, Listing, Place, WireBody, WireEvent, decode, decode_listing,
};
use serde_json::{Map, Value, json};

use crate::held::{quoted, spelled_header};
use crate::{lines, stories};

/// What differs, for people.
pub type Played = Result<(), String>;

/// How a vector of a folder is played, `None` for a folder that is not known.
pub fn player(folder: &str) -> Option<fn(&Value) -> Played> {
    Some(match folder {
        "valid" => valid,
        "invalid" => invalid,
        "stories" => stories::play,
        "lines" => lines::play,
        "catalogue" => catalogue,
        "choices" => choices,
        _ => return None,
    })
}

/// Play every vector of every folder; tell how each went.
pub fn play_all(root: &Path, mut tell: impl FnMut(&str, Played)) -> std::io::Result<()> {
    for folder in sorted(root)?.iter().filter(|path| path.is_dir()) {
        let name = name_of(folder);
        let Some(play) = player(&name) else {
            tell(&format!("{name}/"), Err("an unknown folder".to_owned()));
            continue;
        };
        for file in sorted(folder)? {
            let stem = name_of(&file.with_extension(""));
            let vector: Value = serde_json::from_slice(&fs::read(&file)?)?;
            let played = match same("name", &vector["name"], &json!(stem)) {
                Ok(()) => play(&vector),
                other => other,
            };
            tell(&format!("{name}/{stem}"), played);
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether two values are the same, or what differs.
pub fn same(what: &str, own: &Value, due: &Value) -> Played {
    if own == due { Ok(()) } else { Err(format!("{what}: {own} instead of {due}")) }
}

/// The text of a member that must be there.
pub fn text<'v>(vector: &'v Value, key: &str) -> Result<&'v str, String> {
    vector[key].as_str().ok_or_else(|| format!("the vector has no text {key}"))
}

/// The id of a member that must be there.
pub fn id_of(vector: &Value) -> Result<EntryId, String> {
    text(vector, "id")?.parse().map_err(|error| format!("{error}"))
}

pub fn bytes_of(hex: &str) -> Result<Vec<u8>, String> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).map_err(|error| error.to_string()))
        .collect()
}

/// The bytes of a vector: `hex`, or `repeat`.
pub fn data_of(vector: &Value) -> Result<Vec<u8>, String> {
    let Some(parts) = vector["repeat"].as_array() else { return bytes_of(text(vector, "hex")?) };
    let mut data = Vec::new();
    for part in parts {
        let bytes = bytes_of(part[0].as_str().ok_or("repeat without hex")?)?;
        let times = part[1].as_u64().or_else(|| part[1].as_str()?.parse().ok());
        for _ in 0..times.ok_or("repeat without times")? {
            data.extend_from_slice(&bytes);
        }
    }
    Ok(data)
}

/// All encodings of a vector.
fn encodings(vector: &Value) -> Result<Vec<Vec<u8>>, String> {
    let mut all = vec![data_of(vector)?];
    for other in vector["alternatives"].as_array().into_iter().flatten() {
        all.push(bytes_of(other.as_str().unwrap_or_default())?);
    }
    Ok(all)
}

fn place_of(vector: &Value) -> Result<Place, String> {
    text(vector, "stream")?.parse().map_err(|error| format!("{error}"))
}

fn valid(vector: &Value) -> Played {
    let (entry_id, place) = (id_of(vector)?, place_of(vector)?);
    for data in encodings(vector)? {
        let event = decode(entry_id, &data, place).map_err(|error| error.to_string())?;
        let own = line(&event);
        same("canonical", &json!(own), &vector["canonical"])?;
        same("event", &fields(&own)?, &vector["event"])?;
        if let Some(due) = vector.get("checksum") {
            same("checksum", &json!(proof(&event)), due)?;
        }
    }
    Ok(())
}

/// The members of a canonical line but its id, every number a text.
fn fields(line: &str) -> Result<Value, String> {
    let mut value: Value =
        serde_json::from_str(&quoted(line)).map_err(|error| error.to_string())?;
    value.as_object_mut().map(|object| object.remove("id"));
    Ok(value)
}

fn proof(event: &WireEvent) -> &'static str {
    let WireBody::Snapshot(snapshot) = &event.body else { return "no snapshot" };
    let own = match &snapshot.content {
        Some(Content::Book { bids, asks }) => checksum_of(bids, asks),
        Some(Content::Level3 { bids, asks }) => orders_checksum(bids, asks),
        _ => return "no book",
    };
    if Some(own) == snapshot.checksum { "right" } else { "wrong" }
}

fn invalid(vector: &Value) -> Played {
    let (entry_id, place) = (id_of(vector)?, place_of(vector)?);
    for data in encodings(vector)? {
        match decode(entry_id, &data, place) {
            Ok(event) => return Err(format!("accepted: {}", line(&event))),
            Err(error) => {
                same("code", &json!(error.code.as_str()), &vector["code"])?;
                let own = error_line(entry_id, error.code);
                same("canonical", &json!(own), &vector["canonical"])?;
            }
        }
    }
    Ok(())
}

fn catalogue(vector: &Value) -> Played {
    for data in encodings(vector)? {
        let listing =
            decode_listing(text(vector, "field")?, &data).map_err(|error| error.to_string())?;
        same("value", &Value::Object(listed(&listing)), &vector["value"])?;
    }
    Ok(())
}

fn listed(listing: &Listing) -> Map<String, Value> {
    let Header { channel, .. } = listing.header;
    let mut fields = spelled_header(&listing.header);
    fields.insert("version".into(), json!(listing.version.to_string()));
    fields.insert("channel".into(), json!(channel.as_str()));
    if let Some(symbol) = &listing.header.symbol {
        fields.insert("symbol".into(), json!(symbol));
    }
    fields.insert("feed".into(), json!(listing.feed));
    fields.insert("line".into(), json!(listing.line));
    fields.insert("epoch".into(), json!(listing.epoch.to_string()));
    fields
}

fn choices(vector: &Value) -> Played {
    let mut listings = Vec::new();
    for row in vector["rows"].as_array().into_iter().flatten() {
        let data = bytes_of(text(row, "hex")?)?;
        listings
            .push(decode_listing(text(row, "field")?, &data).map_err(|error| error.to_string())?);
    }
    match choose(&listings, &wish_of(&vector["wish"])?) {
        Ok(rows) => same("chosen", &json!(rows[0].stream), &vector["chosen"]),
        Err(error) => same("code", &json!(error.code().map(|code| code.as_str())), &vector["code"]),
    }
}

fn wish_of(wish: &Value) -> Result<Wish, String> {
    let mut options = Options::default();
    let mut symbol = String::new();
    for (word, value) in wish.as_object().into_iter().flatten() {
        let said = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if word == "symbol" {
            symbol = said;
        } else {
            set(&mut options, word, &said)?;
        }
    }
    Ok(Wish { symbol, options })
}

/// Say one of the words that choose a stream.
pub fn set(options: &mut Options, word: &str, said: &str) -> Played {
    let wrong = |error: &dyn std::fmt::Display| format!("{word}: {error}");
    match word {
        "channel" => options.channel = said.parse().map_err(|error| wrong(&error))?,
        "depth" => options.depth = Some(said.parse().map_err(|error| wrong(&error))?),
        "interval" => options.interval = Some(said.parse().map_err(|error| wrong(&error))?),
        "trigger" => options.trigger = Some(said.parse().map_err(|error| wrong(&error))?),
        "source" => options.source = Some(said.parse().map_err(|error| wrong(&error))?),
        "account" => options.account = Some(said.to_owned()),
        "line" => options.line = Some(said.parse().map_err(|error| wrong(&error))?),
        _ => return Err(format!("no such word: {word}")),
    }
    Ok(())
}
