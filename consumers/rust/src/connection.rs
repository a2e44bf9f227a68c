//! A connection that is logged in: commands go out, raw replies come back.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, Pipeline, RedisConnectionInfo, RedisResult, Value};
use tokio::task::AbortHandle;

use crate::dialing::{ANSWER, BLOCK};
use crate::raw::Raw;
use crate::resp::NotAReply;
use crate::transport::Socket;

/// See the module. Dropped, it closes.
#[derive(Debug)]
pub(crate) struct Connection {
    redis: MultiplexedConnection,
    /// The task that drives the socket, which would wait for replies that are still due.
    driver: AbortHandle,
}

impl Connection {
    /// Log in.
    pub(crate) async fn open(
        socket: Box<dyn Socket>,
        login: &RedisConnectionInfo,
    ) -> RedisResult<Self> {
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(BLOCK + ANSWER));
        let is_raw = Arc::new(AtomicBool::new(false));
        let raw = Raw::new(socket, Arc::clone(&is_raw));
        let (redis, driver) = MultiplexedConnection::new_with_config(login, raw, config).await?;
        is_raw.store(true, Ordering::Relaxed);
        Ok(Self { redis, driver: tokio::spawn(driver).abort_handle() })
    }

    /// Run one command; an error reply is an error.
    pub(crate) async fn run(&mut self, command: &Cmd) -> RedisResult<Bytes> {
        raw_of(self.redis.send_packed_command(command).await?)
    }

    /// Run commands in one round trip; the first error reply is the error.
    pub(crate) async fn run_all(&mut self, commands: &[Cmd]) -> RedisResult<Vec<Bytes>> {
        if let [command] = commands {
            return Ok(vec![self.run(command).await?]);
        }
        let mut pipeline = Pipeline::with_capacity(commands.len());
        for command in commands {
            pipeline.add_command(command.clone());
        }
        let replies = self.redis.send_packed_commands(&pipeline, 0, commands.len()).await?;
        replies.into_iter().map(raw_of).collect()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What [`Raw`] made of a reply.
fn raw_of(reply: Value) -> RedisResult<Bytes> {
    match reply.extract_error()? {
        Value::BulkString(raw) => Ok(raw.into()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, NotAReply).into()),
    }
}
