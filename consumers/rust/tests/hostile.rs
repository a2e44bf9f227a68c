//! Bytes of ill will: a documented code or an event, never a panic, and no room for a lie.

mod chance;

use chance::Chance;
use pykraken_consumer::json::line;
use pykraken_consumer::wire::{Channel, EntryId, Place, decode, decode_listing};
use pykraken_consumer::{Code, WireBody};

const ID: EntryId = EntryId { epoch: 1, seq: 1 };
const BOOK: Place = Place::Stream(Channel::Book);

/// An ordinary update: one bid, one ask.
fn update() -> Vec<u8> {
    let mut data = b"\x88\xa1t\xa6update".to_vec();
    for key in [b"\xa2te", b"\xa2tr", b"\xa2tp"] {
        data.extend_from_slice(key);
        data.extend_from_slice(&[0xcf, 0, 0, 0, 0, 0, 0, 0, 9]);
    }
    data.extend_from_slice(b"\xa1f\x00\xa1b\x91\x92\x07\x08\xa1a\x91\x92\x09\x0a\xa1c\x05");
    data
}

fn code_of(data: &[u8]) -> Option<Code> {
    decode(ID, data, BOOK).err().map(|error| error.code)
}

#[test]
fn lengths_that_lie_make_no_room() {
    for head in [
        &b"\xdd\xff\xff\xff\xff"[..],
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\x81\xa1b\xdd\x00\x03\x0d\x40",
        b"\x88\xa1t\xa6update\xa2te\x00\xa2tr\x00\xa2tp\x00\xa1f\x00\xa1b\xdd\x00\x03\x0d\x40",
    ] {
        assert_eq!(code_of(head), Some(Code::Msgpack), "{head:?}");
    }
}

#[test]
fn nesting_ends_at_eight() {
    let nested = |depth: usize| {
        let mut data = update();
        data[0] = 0x89;
        data.extend_from_slice(b"\xa1z");
        data.extend(std::iter::repeat_n(0x91, depth - 1));
        data.push(0);
        data
    };
    assert_eq!(code_of(&nested(8)), None);
    assert_eq!(code_of(&nested(9)), Some(Code::Msgpack));
    let bottomless = vec![0x91; 1 << 20];
    assert_eq!(code_of(&bottomless), Some(Code::Msgpack));
}

#[test]
fn what_is_too_large_is_size_whatever_else_it_is() {
    assert_eq!(code_of(&vec![0xc1; (16 << 20) + 1]), Some(Code::Size));
    assert_eq!(code_of(&vec![0xc1; 16 << 20]), Some(Code::Msgpack));
}

#[test]
fn cut_anywhere_it_is_malformed() {
    let whole = update();
    assert_eq!(code_of(&whole), None);
    for end in 0..whole.len() {
        assert_eq!(code_of(&whole[..end]), Some(Code::Msgpack), "cut at {end}");
    }
    let tail = [&whole[..], b"\x00"].concat();
    assert_eq!(code_of(&tail), Some(Code::Msgpack));
}

#[test]
fn the_short_way_says_what_the_long_way_says() {
    // An unknown key more sends the same update the long way.
    let mut long = update();
    long[0] = 0x89;
    long.extend_from_slice(b"\xa1z\xc0");
    let short = decode(ID, &update(), BOOK).expect("an update");
    assert_eq!(decode(ID, &long, BOOK).expect("an update"), short);
    assert!(matches!(short.body, WireBody::Update(_)));
}

#[test]
fn anything_at_all_is_an_event_or_a_code() {
    let mut chance = Chance::new(42);
    let places = Channel::ALL
        .into_iter()
        .flat_map(|channel| [Place::Stream(channel), Place::Snap(channel)])
        .chain([Place::Status]);
    let places: Vec<Place> = places.collect();
    for _ in 0..200_000 {
        let mut data = update();
        for _ in 0..=chance.below(4) {
            let at = chance.below(data.len() as u64) as usize;
            match chance.below(3) {
                0 => data[at] = chance.below(256) as u8,
                1 => data.insert(at, chance.below(256) as u8),
                _ => drop(data.remove(at)),
            }
        }
        let place = places[chance.below(places.len() as u64) as usize];
        match decode(ID, &data, place) {
            Ok(event) => assert!(line(&event).starts_with("{\"id\":\"1-1\"")),
            Err(error) => assert!(error.code <= Code::Order, "{error}"),
        }
        let _ = decode_listing("{kraken.BTC/USD}:book.10", &data);
    }
}
