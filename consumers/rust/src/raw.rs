//! A socket of which replies come out as they came in.
//!
//! The Redis library makes a tree of values of each reply, which costs several times what decoding
//! an event does, and it has no other way to give one. So it sits on this: each whole reply that
//! comes in is handed on as one text, which holds the reply's own bytes. Errors are handed on as
//! they are, for the library to tell what they mean, and so is what was not asked for (`>`).

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use crate::resp::Frame;

/// What a read has room for at least.
const ROOM: usize = 8192;

/// See the module.
#[derive(Debug)]
pub(crate) struct Raw<S> {
    socket: S,
    /// Until this is true all passes as it is: the login's replies are the library's.
    is_raw: Arc<AtomicBool>,
    /// What came in and did not go out.
    came: BytesMut,
    frame: Frame,
    /// What goes out before any of `came`.
    before: Bytes,
    /// How much of `came` goes out.
    going: usize,
    /// What goes out behind that.
    behind: Bytes,
}

impl<S> Raw<S> {
    pub(crate) fn new(socket: S, is_raw: Arc<AtomicBool>) -> Self {
        Self {
            socket,
            is_raw,
            came: BytesMut::new(),
            frame: Frame::default(),
            before: Bytes::new(),
            going: 0,
            behind: Bytes::new(),
        }
    }

    /// Let the reply of so many bytes, with which `came` begins, go out.
    fn start(&mut self, length: usize) {
        self.going = length;
        if !matches!(self.came[0], b'-' | b'!' | b'>') {
            self.before = format!("${length}\r\n").into();
            self.behind = Bytes::from_static(b"\r\n");
        }
    }

    fn is_going(&self) -> bool {
        !self.before.is_empty() || self.going > 0 || !self.behind.is_empty()
    }

    fn go(&mut self, out: &mut ReadBuf<'_>) {
        put(&mut self.before, usize::MAX, out);
        self.going -= put(&mut self.came, self.going, out);
        if self.going == 0 {
            put(&mut self.behind, usize::MAX, out);
        }
    }
}

/// Move what there is room for, `most` at most.
fn put(part: &mut impl Buf, most: usize, out: &mut ReadBuf<'_>) -> usize {
    let count = most.min(part.remaining()).min(out.remaining());
    out.put_slice(&part.chunk()[..count]);
    part.advance(count);
    count
}

impl<S: AsyncRead + Unpin> AsyncRead for Raw<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let raw = self.get_mut();
        if !raw.is_raw.load(Ordering::Relaxed) {
            return Pin::new(&mut raw.socket).poll_read(context, out);
        }
        while !raw.is_going() {
            match raw.frame.end(&raw.came) {
                Ok(Some(length)) => raw.start(length),
                Ok(None) => {
                    raw.came.reserve(ROOM);
                    let count = ready!(pin!(raw.socket.read_buf(&mut raw.came)).poll(context))?;
                    if count == 0 {
                        let is_cut = !raw.came.is_empty();
                        let cut = || Err(io::ErrorKind::UnexpectedEof.into());
                        return Poll::Ready(if is_cut { cut() } else { Ok(()) });
                    }
                }
                Err(error) => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, error)));
                }
            }
        }
        raw.go(out);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Raw<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use redis::Value;
    use tokio::io::{AsyncRead, AsyncReadExt};

    use super::Raw;

    /// What goes out of what comes in.
    async fn out(socket: impl AsyncRead + Unpin, is_raw: bool) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Raw::new(socket, Arc::new(AtomicBool::new(is_raw))).read_to_end(&mut out).await?;
        Ok(out)
    }

    #[tokio::test]
    async fn replies_go_out_as_texts_wherever_they_are_cut() {
        let came = b"*2\r\n$2\r\n\r\n\r\n%0\r\n-ERR no\r\n$-1\r\n>1\r\n+x\r\n!1\r\nx\r\n+OK\r\n";
        let due = b"$16\r\n*2\r\n$2\r\n\r\n\r\n%0\r\n\r\n-ERR no\r\n$5\r\n$-1\r\n\r\n\
            >1\r\n+x\r\n!1\r\nx\r\n$5\r\n+OK\r\n\r\n";
        for cut in 0..=came.len() {
            let (first, second) = came.split_at(cut);
            assert_eq!(out(first.chain(second), true).await.unwrap(), due, "{cut}");
        }
        let mut raw = Raw::new(came.as_slice(), Arc::new(AtomicBool::new(true)));
        for byte in due {
            assert_eq!(raw.read_u8().await.unwrap(), *byte);
        }
        assert_eq!(out(came.as_slice(), false).await.unwrap(), came);
    }

    #[tokio::test]
    async fn the_library_reads_the_reply_as_it_came() {
        let text = vec![b'x'; 1 << 20];
        let reply = [b"*2\r\n*-1\r\n$1048576\r\n", text.as_slice(), b"\r\n"].concat();
        let given = out(reply.as_slice(), true).await.unwrap();
        assert_eq!(redis::parse_redis_value(&given).unwrap(), Value::BulkString(reply));
    }

    #[tokio::test]
    async fn what_is_cut_or_no_reply_is_an_error() {
        for (came, kind) in [
            (b"*1\r\n".as_slice(), io::ErrorKind::UnexpectedEof),
            (b"+OK\r\n$3\r\nab", io::ErrorKind::UnexpectedEof),
            (b"+OK\r\n*-3\r\n", io::ErrorKind::InvalidData),
        ] {
            assert_eq!(out(came, true).await.unwrap_err().kind(), kind, "{came:?}");
        }
    }
}
