//! The client against a real server: what it tells, what it refuses, what it leaves behind.

mod server;

use std::time::{Duration, Instant};

use pykraken_consumer::client::Follow;
use pykraken_consumer::{
    Body, Client, Code, Error, Event, Missing, Options, Record, Scope, Side, Start, WireBody,
};
use server::{BOOK, DEADLINE, Server, listing, snapshot, update};

fn book_10() -> Options {
    Options::default().depth(10)
}

fn client(url: &str) -> Client {
    Client::new(url).expect("a URL")
}

async fn next(events: &mut Follow) -> Event {
    let event = tokio::time::timeout(DEADLINE, events.next()).await;
    event.expect("an event in time").expect("a stream without end").expect("no error")
}

/// The next event that `is` it, whatever comes before.
async fn find(events: &mut Follow, is: impl Fn(&Body) -> bool) -> Event {
    loop {
        let event = next(events).await;
        if is(&event.body) {
            return event;
        }
    }
}

async fn error_of(mut events: Follow) -> Error {
    loop {
        match tokio::time::timeout(DEADLINE, events.next()).await.expect("in time") {
            Some(Err(error)) => {
                assert!(events.next().await.is_none(), "over after an error");
                return error;
            }
            Some(Ok(_)) => {}
            None => panic!("the stream ended without an error"),
        }
    }
}

fn is_update(body: &Body) -> bool {
    matches!(body, Body::Wire(event) if matches!(event.body, WireBody::Update(_)))
}

#[tokio::test]
async fn a_book_is_joined_and_followed() {
    let Some(server) = Server::start("follow", &[]) else { return };
    for url in [server.url(), format!("{}?protocol=3", server.url())] {
        server.run_command(&[b"FLUSHALL"]).await;
        server.open(BOOK).await;
        let mut events = client(&url).follow(&["BTC/USD"], &book_10()).await.expect("a stream");
        let joined = next(&mut events).await;
        assert!(matches!(joined.body, Body::Joined { after: None, .. }), "{:?}", joined.body);
        for seq in 2..50 {
            server.add(BOOK, &format!("1-{seq}"), &update(seq)).await;
        }
        let mut kept = Vec::new();
        for seq in 2..50 {
            let event = next(&mut events).await;
            assert_eq!(event.wire().expect("of the wire").entry_id.seq, seq);
            kept.push(event);
        }
        // Each event keeps the state that it had.
        for (event, seq) in kept.iter().zip(2..) {
            let book = event.live_book().expect("a live book");
            assert_eq!(book.best(Side::Bid).expect("a bid").qty.to_u64(), Some(seq));
        }
    }
}

#[tokio::test]
async fn a_hole_is_a_gap_and_a_later_snapshot_mends_it() {
    let Some(server) = Server::start("gap", &[]) else { return };
    server.open(BOOK).await;
    let mut events = client(&server.url()).follow(&[BOOK], &book_10()).await.expect("a stream");
    next(&mut events).await;
    server.add(BOOK, "1-2", &update(2)).await;
    server.add(BOOK, "1-5", &update(5)).await;
    let gap = find(&mut events, |body| matches!(body, Body::Gap { .. })).await;
    assert!(gap.live_book().is_none());
    server.add(&format!("{BOOK}.snap"), "1-6", &snapshot(&server::bids(6))).await;
    let joined = find(&mut events, |body| matches!(body, Body::Joined { .. })).await;
    assert!(matches!(joined.body, Body::Joined { after: Some(after), .. } if after.seq == 2));
    assert_eq!(joined.live_book().and_then(|b| b.best(Side::Bid)), Some(server::bids(6)[0]));
}

#[tokio::test]
async fn a_server_that_goes_is_told_and_awaited() {
    let Some(mut server) = Server::start("away", &[]) else { return };
    server.open(BOOK).await;
    let mut events = client(&server.url()).follow(&[BOOK], &book_10()).await.expect("a stream");
    next(&mut events).await;
    server.kill();
    let away = find(&mut events, |body| matches!(body, Body::Disconnected { .. })).await;
    assert!(away.state.is_valid && away.state.is_stale);
    server.run();
    find(&mut events, |body| matches!(body, Body::Reconnected)).await;
    server.add(BOOK, "1-2", &update(2)).await;
    let event = find(&mut events, is_update).await;
    assert!(event.live_book().is_some());
}

#[tokio::test]
async fn what_cannot_pass_is_an_error_that_says_what_to_do() {
    let Some(server) = Server::start("refused", &[]) else { return };
    server.run_command(&[b"SET", BOOK.as_bytes(), b"no stream"]).await;
    server.add(&format!("{BOOK}.snap"), "1-1", &snapshot(&server::bids(1))).await;
    let events = client(&server.url()).follow(&[BOOK], &book_10()).await.expect("a stream");
    assert!(matches!(error_of(events).await, Error::RedisRefused { .. }));
    let rights = [b"ACL".as_slice(), b"SETUSER", b"bot", b"on", b">right", b"+ping"];
    server.run_command(&rights).await;
    for login in ["bot:wrong@", "bot:right@"] {
        let url = server.url().replace("redis://", &format!("redis://{login}"));
        let events = client(&url).follow(&[BOOK], &book_10()).await.expect("a stream");
        let text = error_of(events).await.to_string();
        assert!(text.contains("Redis refused") && text.contains("rights"), "{text}");
    }
    let missing = book_10().missing(Missing::Fail);
    let events = client(&server.url()).follow(&["NO/SUCH"], &missing).await.expect("a stream");
    assert_eq!(error_of(events).await.code(), Some(Code::NoStream));
}

#[tokio::test]
async fn a_password_in_a_file_is_read_at_each_connect() {
    let Some(server) = Server::start("rotated", &[]) else { return };
    server.open(BOOK).await;
    let file = server.file("password");
    std::fs::write(&file, "old\n").expect("a file");
    let rights = [b"ACL".as_slice(), b"SETUSER", b"bot", b"on", b">old", b"~*", b"+@all"];
    server.run_command(&rights).await;
    let url = format!("{}?password_file={}", server.url(), file.display());
    let url = url.replace("redis://", "redis://bot@");
    let mut events = client(&url).follow(&[BOOK], &book_10()).await.expect("a stream");
    next(&mut events).await;
    server.run_command(&[b"ACL", b"SETUSER", b"bot", b"resetpass", b">new"]).await;
    server.run_command(&[b"CLIENT", b"KILL", b"USER", b"bot"]).await;
    find(&mut events, |body| matches!(body, Body::Disconnected { .. })).await;
    std::fs::write(&file, "new\n").expect("a file");
    find(&mut events, |body| matches!(body, Body::Reconnected)).await;
}

#[tokio::test]
async fn the_catalogue_chooses_and_says_so() {
    let Some(server) = Server::start("catalogue", &[]) else { return };
    let client = client(&server.url());
    let any = Options::default();
    let wait = Duration::from_millis(100);
    let none = client.follow(&["BTC/USD"], &any).await.expect_err("nothing is published");
    assert_eq!(none.code(), Some(Code::NoStream));
    for (key, depth, line) in [(BOOK, 10, ""), ("{kraken.BTC/USD}:book.25", 25, "")] {
        let (catalogue, row) = (b"{kraken.catalogue}:streams", listing(depth, line));
        server.run_command(&[b"HSET", catalogue, key.as_bytes(), &row]).await;
    }
    server.open(BOOK).await;
    let state = client.book("BTC/USD", &any, Duration::from_secs(5)).await.expect("a book");
    assert!(state.is_live() && state.book().is_some());
    assert_eq!(client.chosen().get("BTC/USD").map(String::as_str), Some(BOOK));
    assert_eq!(client.streams(Scope::Public).await.expect("a list").len(), 2);
    assert!(client.streams(Scope::Private).await.expect("a list").is_empty());
    client.request_snapshot("BTC/USD", &any).await.expect("asked");
    let asked = server.run_command(&[b"XLEN", b"{kraken.feed.feed}:requests"]).await;
    assert_eq!(asked, redis::Value::Int(1));
    let deep = client.book("BTC/USD", &Options::default().depth(25), wait).await;
    assert_eq!(deep.expect_err("no snapshot").code(), Some(Code::NoStream));
    let other = "{kraken.BTC/USD}:book.10/a";
    let (catalogue, row) = (b"{kraken.catalogue}:streams", listing(10, "a"));
    server.run_command(&[b"HSET", catalogue, other.as_bytes(), &row]).await;
    let both = client.state("BTC/USD", &any, wait).await.expect_err("two would do");
    assert_eq!(both.code(), Some(Code::Ambiguous));
    assert!(matches!(client.book("{k.A}:trade", &any, wait).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn one_that_never_answers_is_unreachable() {
    let Some(mut server) = Server::start("unreachable", &[]) else { return };
    let client = client(&server.url());
    server.kill();
    let began = Instant::now();
    let wait = Duration::from_millis(300);
    let error = client.state(BOOK, &book_10(), wait).await.expect_err("nobody is there");
    assert!(matches!(error, Error::RedisUnreachable { .. }), "{error}");
    let error = client.streams(Scope::Public).await.expect_err("nobody is there");
    assert!(matches!(error, Error::RedisUnreachable { .. }), "{error}");
    assert!(began.elapsed() < DEADLINE);
}

#[tokio::test]
async fn one_that_takes_connections_and_says_nothing_is_unreachable() {
    let mute = std::net::TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
    let port = mute.local_addr().expect("its address").port();
    let began = Instant::now();
    for url in
        [format!("redis://127.0.0.1:{port}?protocol=3"), format!("rediss://localhost:{port}")]
    {
        let error = client(&url).streams(Scope::Public).await.expect_err("nobody answers");
        assert!(matches!(error, Error::RedisUnreachable { .. }), "{error}");
    }
    assert!(began.elapsed() < DEADLINE);
}

#[tokio::test]
async fn what_is_no_answer_is_unreachable() {
    for reply in [b"*2\r\n*-7\r\n".as_slice(), b"*1\r\n+x\r\n", b"no Redis\r\n"] {
        let port = server::answering(reply);
        let url = format!("redis://127.0.0.1:{port}");
        let error = client(&url).streams(Scope::Public).await.expect_err("no list");
        assert!(matches!(error, Error::RedisUnreachable { .. }), "{error}");
        assert!(error.to_string().contains("not what was asked for"), "{error}");
    }
}

#[tokio::test]
async fn entries_are_given_as_they_are() {
    let Some(server) = Server::start("entries", &[]) else { return };
    let client = client(&server.url());
    server.open(BOOK).await;
    server.add(BOOK, "1-2", b"\xc1").await;
    server.add(BOOK, "1-4", &update(4)).await;
    server.run_command(&[b"XADD", BOOK.as_bytes(), b"1-5", b"x", b"no d"]).await;
    let mut said = Vec::new();
    let mut entries = client.entries(BOOK, Start::Oldest);
    while said.len() < 6 {
        said.push(match entries.next().await.expect("without end").expect("no error") {
            Record::Entry(event) => event.entry_id.to_string(),
            Record::Quarantined { code, entry_id, .. } => format!("{entry_id} {code}"),
            Record::Gap { cursor, found } => format!("{cursor} to {found}"),
            other => panic!("not expected: {other:?}"),
        });
    }
    assert_eq!(said, ["1-0", "1-1", "1-2 MSGPACK", "1-2 to 1-4", "1-4", "1-5 SCHEMA"]);
    let mut entries = client.entries(BOOK, Start::Snapshot);
    let first = entries.next().await.expect("without end").expect("no error");
    assert!(matches!(first, Record::Entry(event) if event.entry_id.seq == 1));
}

#[tokio::test]
async fn what_is_dropped_leaves_nothing_behind() {
    let Some(server) = Server::start("dropped", &[]) else { return };
    server.open(BOOK).await;
    let mut events = client(&server.url()).follow(&[BOOK], &book_10()).await.expect("a stream");
    next(&mut events).await;
    let waiting = tokio::time::timeout(Duration::from_millis(100), events.next()).await;
    assert!(waiting.is_err(), "nothing more comes");
    assert_eq!(server.clients().await, 1);
    drop(events);
    let since = Instant::now();
    while server.clients().await > 0 {
        assert!(since.elapsed() < Duration::from_secs(1), "its connection is still there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_wait_given_up_loses_nothing() {
    let Some(server) = Server::start("given-up", &[]) else { return };
    server.open(BOOK).await;
    let mut events = client(&server.url()).follow(&[BOOK], &book_10()).await.expect("a stream");
    next(&mut events).await;
    for seq in 2..30 {
        let soon = tokio::time::timeout(Duration::from_millis(2), events.next()).await;
        assert!(soon.is_err(), "nothing was written yet");
        server.add(BOOK, &format!("1-{seq}"), &update(seq)).await;
        assert_eq!(next(&mut events).await.wire().expect("of the wire").entry_id.seq, seq);
    }
    assert_eq!(server.clients().await, 1, "it never dialled anew");
}

#[tokio::test]
async fn two_lines_are_told_as_one() {
    let Some(server) = Server::start("lines", &[]) else { return };
    let streams = ["{kraken.BTC/USD}:book.10/a", "{kraken.BTC/USD}:book.10/b"];
    for stream in streams {
        server.open(stream).await;
    }
    let both = book_10().line("ab".parse().expect("a line"));
    let mut events = client(&server.url()).follow(&["BTC/USD"], &both).await.expect("a stream");
    for _ in 0..2 {
        find(&mut events, |body| matches!(body, Body::LineUp { .. })).await;
    }
    for seq in 2..20 {
        for stream in streams {
            server.add(stream, &format!("1-{seq}"), &update(seq)).await;
        }
    }
    for seq in 2..20 {
        let event = find(&mut events, is_update).await;
        let bid = event.live_book().and_then(|book| book.best(Side::Bid)).expect("a bid");
        assert_eq!(bid.qty.to_u64(), Some(seq), "each once");
    }
}

#[tokio::test]
async fn a_unix_socket_will_do() {
    let path = std::env::temp_dir().join(format!("pykraken-{}.sock", std::process::id()));
    let text = path.display().to_string();
    let Some(server) = Server::start("socket", &["--unixsocket", &text]) else { return };
    server.open(BOOK).await;
    let client = client(&format!("unix://{text}"));
    let state = client.state(BOOK, &Options::default(), DEADLINE).await.expect("a state");
    assert!(state.is_live());
}
