//! A real redis-server on a free port of this machine, ended with the test that started it, and a
//! publisher's hand to fill it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pykraken_consumer::book::checksum_of;
use pykraken_consumer::{Level, Number};
use redis::Value;

pub const BOOK: &str = "{kraken.BTC/USD}:book.10";
pub const DEADLINE: Duration = Duration::from_secs(30);

pub struct Server {
    process: Option<Child>,
    pub port: u16,
    folder: PathBuf,
    options: Vec<String>,
}

impl Server {
    /// `None`, loudly, without a redis-server; with `PYKRAKEN_REQUIRE_ALL=1` that is a failure.
    pub fn start(name: &str, options: &[&str]) -> Option<Self> {
        let is_here = Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !is_here {
            eprintln!("NOT RUN: {name}: redis-server is missing");
            let must = std::env::var("PYKRAKEN_REQUIRE_ALL").is_ok_and(|value| value == "1");
            assert!(!must, "redis-server is missing");
            return None;
        }
        let free = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
        let port = free.local_addr().expect("its address").port();
        drop(free);
        let folder = std::env::temp_dir().join(format!("pykraken-{name}-{port}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let options = options.iter().map(|word| (*word).to_owned()).collect();
        let mut server = Self { process: None, port, folder, options };
        server.run();
        Some(server)
    }

    pub fn run(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(&self.folder)
            .args(&self.options)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        self.process = Some(process);
        let since = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(since.elapsed() < DEADLINE, "redis-server did not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("it is ours");
            process.wait().expect("it ends");
        }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub async fn run_command(&self, words: &[&[u8]]) -> Value {
        self.run_as("", words).await
    }

    pub async fn run_as(&self, login: &str, words: &[&[u8]]) -> Value {
        let url = format!("redis://{login}127.0.0.1:{}", self.port);
        let client = redis::Client::open(url).expect("a URL");
        let mut connection = client.get_multiplexed_async_connection().await.expect("it answers");
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query_async(&mut connection).await.expect("it agrees")
    }

    pub async fn add(&self, key: &str, id: &str, data: &[u8]) {
        self.run_command(&[b"XADD", key.as_bytes(), id.as_bytes(), b"d", data]).await;
    }

    /// A stream that begins at epoch 1: its first two entries, and the snapshot beside it.
    pub async fn open(&self, key: &str) {
        self.add(key, "1-0", &epoch()).await;
        self.add(key, "1-1", &snapshot(&bids(1))).await;
        self.add(&format!("{key}.snap"), "1-1", &snapshot(&bids(1))).await;
    }

    /// How many clients are there, this question aside.
    pub async fn clients(&self) -> usize {
        match self.run_command(&[b"CLIENT", b"LIST"]).await {
            Value::BulkString(text) => text.split(|&byte| byte == b'\n').count() - 2,
            Value::VerbatimString { text, .. } => text.lines().count() - 1,
            other => panic!("not a list of clients: {other:?}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The port of one that answers one connection's first words with `reply`, and hangs up.
pub fn answering(reply: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("somebody comes");
        assert!(socket.read(&mut [0; 1024]).expect("and asks") > 0);
        socket.write_all(reply).expect("and is there");
    });
    port
}

fn text(out: &mut Vec<u8>, text: &str) {
    rmp::encode::write_str(out, text).expect("a Vec takes all");
}

fn uint(out: &mut Vec<u8>, value: u64) {
    rmp::encode::write_uint(out, value).expect("a Vec takes all");
}

fn map(kind: &str, keys: u32) -> Vec<u8> {
    let mut out = Vec::new();
    rmp::encode::write_map_len(&mut out, keys + 5).expect("a Vec takes all");
    text(&mut out, "t");
    text(&mut out, kind);
    for key in ["te", "tr", "tp", "f"] {
        text(&mut out, key);
        uint(&mut out, u64::from(key != "f"));
    }
    out
}

fn header(out: &mut Vec<u8>) {
    for (key, value) in [("v", 1), ("d", 10), ("pp", 1), ("qp", 8)] {
        text(out, key);
        uint(out, value);
    }
    for (key, value) in [("ch", "book"), ("y", "BTC/USD")] {
        text(out, key);
        text(out, value);
    }
}

fn levels(out: &mut Vec<u8>, key: &str, levels: &[Level]) {
    text(out, key);
    rmp::encode::write_array_len(out, levels.len() as u32).expect("a Vec takes all");
    for level in levels {
        rmp::encode::write_array_len(out, 2).expect("a Vec takes all");
        uint(out, level.price.to_u64().expect("a small one"));
        uint(out, level.qty.to_u64().expect("a small one"));
    }
}

fn crc(out: &mut Vec<u8>, checksum: u32) {
    text(out, "c");
    uint(out, u64::from(checksum));
}

/// The one bid of the book after `seq` entries.
pub fn bids(seq: u64) -> Vec<Level> {
    vec![Level { price: Number::new(1000), qty: Number::new(seq) }]
}

pub fn epoch() -> Vec<u8> {
    let mut out = map("epoch", 9);
    header(&mut out);
    for (key, value) in [("why", "start"), ("fd", "book.10.BTC/USD")] {
        text(&mut out, key);
        text(&mut out, value);
    }
    text(&mut out, "w");
    uint(&mut out, 7);
    out
}

pub fn snapshot(bids: &[Level]) -> Vec<u8> {
    let mut out = map("snapshot", 9);
    header(&mut out);
    levels(&mut out, "b", bids);
    levels(&mut out, "a", &[]);
    crc(&mut out, checksum_of(bids, &[]));
    out
}

/// The update that makes the book that of `bids(seq)`.
pub fn update(seq: u64) -> Vec<u8> {
    let mut out = map("update", 3);
    levels(&mut out, "b", &bids(seq));
    levels(&mut out, "a", &[]);
    crc(&mut out, checksum_of(&bids(seq), &[]));
    out
}

/// A row of the catalogue.
pub fn listing(depth: u64, line: &str) -> Vec<u8> {
    let mut out = vec![0x89];
    for (key, value) in [("v", 1), ("d", depth), ("pp", 1), ("qp", 8), ("ep", 1)] {
        text(&mut out, key);
        uint(&mut out, value);
    }
    for (key, value) in [("ch", "book"), ("y", "BTC/USD"), ("fd", "feed"), ("l", line)] {
        text(&mut out, key);
        text(&mut out, value);
    }
    out
}
