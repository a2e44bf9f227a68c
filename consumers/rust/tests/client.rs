//! The client against a real server on a free loopback port, which each test starts and ends.

#![allow(missing_docs)]

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pykraken_consumer::{Client, Error, Missing, Told, Words};
use serde_json::Value;

struct Server(Child, u16);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Starts one; `None`, loudly, where there is no binary.
    fn start(more: &[&str]) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        Self::start_at(port, more)
    }

    fn start_at(port: u16, more: &[&str]) -> Option<Self> {
        let words = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"];
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string()]).args(words).args(more).stdout(Stdio::null());
        let Ok(child) = command.spawn() else {
            let is_required = std::env::var("PYKRAKEN_REQUIRE_ALL").is_ok_and(|text| text == "1");
            assert!(!is_required, "redis-server is missing");
            eprintln!("SKIPPED: redis-server is missing");
            return None;
        };
        let server = Self(child, port);
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "redis-server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.1)
    }

    async fn add(&self, stream: &str, id: &str, data: &[u8]) {
        let client = redis::Client::open(self.url()).expect("a URL");
        let mut connection = client.get_multiplexed_async_connection().await.expect("it is there");
        let mut command = redis::cmd("XADD");
        command.arg(stream).arg(id).arg("d").arg(data);
        let _: String = command.query_async(&mut connection).await.expect("it is taken");
    }
}

const STREAM: &str = "{kraken.BTC/USD}:book.10";
const WAIT: Duration = Duration::from_secs(10);

fn vector(folder: &str, name: &str) -> Value {
    let path = format!("{}/../spec/vectors/{folder}/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("a vector")).expect("JSON")
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("hex");
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(byte).collect()
}

fn snapshot() -> (String, Vec<u8>) {
    let vector = vector("valid", "snapshot-in-snap");
    (vector["id"].as_str().expect("an id").to_owned(), unhex(&vector["hex"]))
}

#[tokio::test]
async fn a_state_is_joined_and_proven() {
    let Some(server) = Server::start(&[]) else { return };
    let (id, data) = snapshot();
    server.add(&format!("{STREAM}.snap"), &id, &data).await;
    let client = Client::new(&server.url()).expect("a URL");
    let state = client.book(STREAM, &Words::default(), WAIT).await.expect("a book");
    assert!(state.is_valid && state.book().is_some());
    assert_eq!(state.entry_id.to_string(), id);
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let Some(server) = Server::start(&[]) else { return };
    let client = Client::new(&server.url()).expect("a URL");
    let short = Duration::from_millis(300);
    let none = client.book(STREAM, &Words::default(), short).await;
    assert!(matches!(none, Err(Error::NoStream { .. })), "{none:?}");
    let none = client.book("BTC/USD", &Words::default(), short).await;
    assert!(matches!(none, Err(Error::NoStream { .. })), "{none:?}");
    let mut follower =
        client.follow(&[STREAM], &Words::default(), Missing::Error).await.expect("a key");
    assert!(matches!(follower.next().await, Some(Err(Error::NoStream { .. }))));
}

#[tokio::test]
async fn a_refusal_is_an_error_that_says_what_to_do() {
    let Some(server) = Server::start(&["--requirepass", "right"]) else { return };
    let client = Client::new(&server.url()).expect("a URL");
    let refused = client.book(STREAM, &Words::default(), WAIT).await;
    assert!(matches!(refused, Err(Error::RedisRefused { .. })), "{refused:?}");
    let url = server.url().replace("//", "//:wrong@");
    let refused = Client::new(&url).expect("a URL").book(STREAM, &Words::default(), WAIT).await;
    assert!(matches!(refused, Err(Error::RedisRefused { .. })), "{refused:?}");
}

#[tokio::test]
async fn it_connects_again_and_says_so() {
    let Some(server) = Server::start(&[]) else { return };
    let (id, data) = snapshot();
    server.add(&format!("{STREAM}.snap"), &id, &data).await;
    let client = Client::new(&server.url()).expect("a URL");
    let mut follower =
        client.follow(&[STREAM], &Words::default(), Missing::Wait).await.expect("a key");
    let joined = follower.next().await.expect("an event").expect("no error");
    assert!(matches!(joined.told, Told::Joined { .. }));
    let port = server.1;
    drop(server);
    let away = follower.next().await.expect("an event").expect("no error");
    assert!(matches!(away.told, Told::Disconnected { .. }));
    assert!(follower.state().is_some_and(|state| state.is_valid && state.is_stale));
    let _server = Server::start_at(port, &[]);
    let back = tokio::time::timeout(WAIT, follower.next()).await.expect("in time");
    assert_eq!(back.expect("an event").expect("no error").told, Told::Reconnected);
}
