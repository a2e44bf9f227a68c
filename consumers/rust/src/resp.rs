//! Raw replies of Redis, RESP 2 and 3: where one ends, and what lies in it, without a copy. Pure.
//!
//! What a reply says of its own size is believed only as far as bytes follow: nothing is allocated
//! for a count, and nothing recurses, however deep a reply is.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

/// No reply is longer: the most that is held of one which does not end.
const REPLY_MAX: usize = 1 << 30;
/// Nor a line; the longest are errors.
const LINE_MAX: usize = 1 << 16;
const NEWLINE: &[u8] = b"\r\n";

/// The bytes are no reply, or not the one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAReply;

impl fmt::Display for NotAReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reply that is not what was asked for")
    }
}

impl std::error::Error for NotAReply {}

/// What a value's first line says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// The line is all.
    Line,
    /// A text of so many bytes, and a newline, follow.
    Text(usize),
    /// So many values follow.
    Many(usize),
    Null,
}

/// The first line of what `bytes` begin with, without its newline; `None` while it is not whole.
fn line(bytes: &[u8]) -> Result<Option<&[u8]>, NotAReply> {
    match bytes.iter().take(LINE_MAX).position(|&byte| byte == b'\r') {
        Some(0) => Err(NotAReply),
        Some(end) => match bytes.get(end + 1) {
            Some(b'\n') => Ok(Some(&bytes[..end])),
            Some(_) => Err(NotAReply),
            None => Ok(None),
        },
        None if bytes.len() < LINE_MAX => Ok(None),
        None => Err(NotAReply),
    }
}

fn head(line: &[u8]) -> Result<Head, NotAReply> {
    let (kind, rest) = line.split_first().ok_or(NotAReply)?;
    match kind {
        b'+' | b'-' | b':' | b',' | b'#' | b'(' => return Ok(Head::Line),
        b'_' => return Ok(Head::Null),
        _ if rest == b"-1" => return Ok(Head::Null),
        _ => {}
    }
    let size = size(rest)?;
    match kind {
        b'$' | b'=' | b'!' => Ok(Head::Text(size)),
        b'*' | b'~' | b'>' => Ok(Head::Many(size)),
        b'%' => Ok(Head::Many(2 * size)),
        b'|' => Ok(Head::Many(2 * size + 1)), // and the value that they are said of
        _ => Err(NotAReply),
    }
}

/// A length or a count, of which no more is believed than a reply has room for.
fn size(digits: &[u8]) -> Result<usize, NotAReply> {
    if digits.is_empty() {
        return Err(NotAReply);
    }
    digits.iter().try_fold(0, |value, &byte| match byte {
        b'0'..=b'9' if value <= REPLY_MAX / 20 => Ok(value * 10 + usize::from(byte - b'0')),
        _ => Err(NotAReply),
    })
}

/// Finds where a reply ends, while its bytes come in.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Where the next value begins.
    at: usize,
    /// How many values are still to come.
    due: usize,
}

impl Default for Frame {
    fn default() -> Self {
        Self { at: 0, due: 1 }
    }
}

impl Frame {
    /// The length of the reply that `bytes` begin with, `None` while it is not whole. They are those
    /// of the last call and what came behind them; after a length those of the next reply.
    pub(crate) fn end(&mut self, bytes: &[u8]) -> Result<Option<usize>, NotAReply> {
        while self.due > 0 {
            let Some(line) = line(bytes.get(self.at..).unwrap_or_default())? else {
                return Ok(None);
            };
            self.at += line.len() + NEWLINE.len();
            self.due -= 1;
            match head(line)? {
                Head::Text(size) => self.at += size + NEWLINE.len(),
                Head::Many(count) => self.due += count,
                Head::Line | Head::Null => {}
            }
            if self.at > REPLY_MAX || self.due > REPLY_MAX {
                return Err(NotAReply);
            }
        }
        Ok((self.at <= bytes.len()).then(|| std::mem::take(self).at))
    }
}

/// Takes the values out of a whole reply, one after the other.
#[derive(Debug)]
pub(crate) struct Reader<'r> {
    reply: &'r Bytes,
    at: usize,
}

impl<'r> Reader<'r> {
    pub(crate) const fn new(reply: &'r Bytes) -> Self {
        Self { reply, at: 0 }
    }

    /// True when the next value is a map.
    pub(crate) fn is_at_map(&self) -> bool {
        self.reply.get(self.at) == Some(&b'%')
    }

    /// How many bytes are left: more values than that there are not.
    pub(crate) fn left(&self) -> usize {
        self.reply.len() - self.at
    }

    /// Take the head of an array or a map: how many values follow (of a map two a pair). Null is
    /// an array of none.
    pub(crate) fn count(&mut self) -> Result<usize, NotAReply> {
        let line = self.line()?;
        match (self.reply[line.start], head(&self.reply[line])?) {
            (b'*' | b'%' | b'~', Head::Many(count)) => Ok(count),
            (_, Head::Null) => Ok(0),
            _ => Err(NotAReply),
        }
    }

    /// Take the head of pairs, in an array or in a map: how many follow.
    pub(crate) fn pairs(&mut self) -> Result<usize, NotAReply> {
        let count = self.count()?;
        if count % 2 == 0 { Ok(count / 2) } else { Err(NotAReply) }
    }

    /// Take a text, a number or a status.
    pub(crate) fn text(&mut self) -> Result<&'r [u8], NotAReply> {
        self.range().map(|range| &self.reply[range])
    }

    /// The same, owned.
    pub(crate) fn bytes(&mut self) -> Result<Bytes, NotAReply> {
        self.range().map(|range| self.reply.slice(range))
    }

    /// The same, which must be UTF-8.
    pub(crate) fn string(&mut self) -> Result<String, NotAReply> {
        str::from_utf8(self.text()?).map(str::to_owned).map_err(|_| NotAReply)
    }

    /// Take a number that fits.
    pub(crate) fn number<T: std::str::FromStr>(&mut self) -> Result<T, NotAReply> {
        let text = str::from_utf8(self.text()?).map_err(|_| NotAReply)?;
        text.parse().map_err(|_| NotAReply)
    }

    /// Pass over so many values, and what they hold.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), NotAReply> {
        if count > 0 {
            let rest = &self.reply[self.at..];
            let length = Frame { at: 0, due: count }.end(rest)?;
            self.at += length.ok_or(NotAReply)?;
        }
        Ok(())
    }

    fn range(&mut self) -> Result<Range<usize>, NotAReply> {
        let line = self.line()?;
        match (self.reply[line.start], head(&self.reply[line.clone()])?) {
            (b'$' | b'=', Head::Text(size)) => {
                let range = self.at..self.at + size;
                let end = range.end + NEWLINE.len();
                if self.reply.get(range.end..end) != Some(NEWLINE) {
                    return Err(NotAReply);
                }
                self.at = end;
                Ok(range)
            }
            (kind, Head::Line) if kind != b'-' => Ok(line.start + 1..line.end),
            (_, Head::Null) => Ok(self.at..self.at),
            _ => Err(NotAReply),
        }
    }

    fn line(&mut self) -> Result<Range<usize>, NotAReply> {
        let start = self.at;
        let end = start + line(&self.reply[start..])?.ok_or(NotAReply)?.len();
        self.at = end + NEWLINE.len();
        Ok(start..end)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Frame, LINE_MAX, NotAReply, Reader};

    /// One of each shape.
    const REPLIES: [&[u8]; 13] = [
        b"+OK\r\n",
        b"-ERR no\r\n",
        b":-12\r\n",
        b"_\r\n",
        b"*-1\r\n",
        b"$-1\r\n",
        b"$0\r\n\r\n",
        b"$6\r\na\r\n$9\r\r\n",
        b"*0\r\n",
        b"*2\r\n*1\r\n$1\r\nx\r\n~1\r\n#t\r\n",
        b"%2\r\n+a\r\n,1.5\r\n+b\r\n*1\r\n(123\r\n",
        b"|1\r\n+a\r\n+b\r\n*1\r\n=5\r\ntxt:x\r\n",
        b"!3\r\nERR\r\n",
    ];

    #[test]
    fn the_end_of_a_reply_is_found_wherever_its_bytes_are_cut() {
        let together = REPLIES.concat();
        for reply in REPLIES {
            for cut in 0..reply.len() {
                let mut frame = Frame::default();
                assert_eq!(frame.end(&reply[..cut]), Ok(None), "{cut} of {reply:?}");
                assert_eq!(frame.end(reply), Ok(Some(reply.len())), "{reply:?}");
            }
        }
        let (mut frame, mut rest, mut first) = (Frame::default(), &together[..], 0);
        for reply in REPLIES {
            // Byte by byte, and the next reply already there.
            while first < reply.len() - 1 {
                first += 1;
                assert_eq!(frame.end(&rest[..first]), Ok(None));
            }
            assert_eq!(frame.end(rest), Ok(Some(reply.len())));
            (rest, first) = (&rest[reply.len()..], 0);
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn what_is_no_reply_is_refused_at_once() {
        for bytes in [
            b"\r\n".as_slice(),
            b"OK\r\n",
            b"*\r\n",
            b"*-2\r\n",
            b"*+1\r\n",
            b"*1x\r\n",
            b"*?\r\n",
            b"$-10\r\n",
            b"+OK\rx",
            b"$1073741824\r\n",
            b"*18446744073709551617\r\n",
            b"*2\r\n*500000000\r\n%500000000\r\n%500000000\r\n",
            &b"+".repeat(LINE_MAX),
        ] {
            assert_eq!(Frame::default().end(bytes), Err(NotAReply), "{bytes:?}");
        }
    }

    #[test]
    fn neither_counts_nor_depth_cost_anything() {
        let many = Bytes::from_static(b"*500000000\r\n$500000000\r\n");
        assert_eq!(Frame::default().end(&many), Ok(None));
        assert_eq!(Reader::new(&many).skip(1), Err(NotAReply));
        let deep = Bytes::from([b"*1\r\n".repeat(1 << 18), b"+x\r\n".to_vec()].concat());
        assert_eq!(Frame::default().end(&deep), Ok(Some(deep.len())));
        let mut reader = Reader::new(&deep);
        assert_eq!((reader.skip(1), reader.left()), (Ok(()), 0));
    }

    #[test]
    fn values_are_taken_as_what_they_are() {
        let reply = Bytes::from_static(
            b"*6\r\n$1\r\na\r\n:12\r\n_\r\n*1\r\n+x\r\n%1\r\n+k\r\n+v\r\n$-1\r\n",
        );
        let mut reader = Reader::new(&reply);
        assert_eq!(reader.count(), Ok(6));
        assert_eq!(reader.bytes(), Ok(Bytes::from_static(b"a")));
        assert_eq!(reader.number(), Ok(12_u16));
        assert_eq!(reader.count(), Ok(0));
        assert_eq!(reader.skip(1), Ok(()));
        assert!(reader.is_at_map());
        assert_eq!(reader.pairs(), Ok(1));
        assert_eq!(reader.string(), Ok("k".to_owned()));
        assert_eq!(reader.text(), Ok(b"v".as_slice()));
        assert_eq!(reader.text(), Ok(b"".as_slice()));
        assert_eq!((reader.left(), reader.text()), (0, Err(NotAReply)));
    }

    #[test]
    fn values_that_are_something_else_are_refused() {
        for reply in [b"-ERR\r\n".as_slice(), b"!3\r\nERR\r\n", b"|1\r\n", b">1\r\n", b"", b"*1"] {
            let reply = Bytes::copy_from_slice(reply);
            assert_eq!(Reader::new(&reply).text(), Err(NotAReply), "{reply:?}");
            assert_eq!(Reader::new(&reply).count(), Err(NotAReply), "{reply:?}");
        }
        for text in [b"*1\r\n".as_slice(), b"$3\r\nab\r\n", b"$1\r\nabc", b"$500000000\r\n\r\n"] {
            assert_eq!(Reader::new(&Bytes::copy_from_slice(text)).text(), Err(NotAReply));
        }
        assert_eq!(Reader::new(&Bytes::from_static(b":70000\r\n")).number::<u16>(), Err(NotAReply));
        assert_eq!(Reader::new(&Bytes::from_static(b"$1\r\n\xff\r\n")).string(), Err(NotAReply));
        assert_eq!(Reader::new(&Bytes::from_static(b"$1\r\na\r\n")).count(), Err(NotAReply));
        assert_eq!(Reader::new(&Bytes::from_static(b"*3\r\n")).pairs(), Err(NotAReply));
    }
}
