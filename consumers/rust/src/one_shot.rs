//! The state of one stream as it is now: a follower that stops once it has caught up.

use std::sync::Arc;
use std::time::Duration;

use crate::errors::Error;
use crate::events::{Body, Event};
use crate::follower::{Follower, Turn};
use crate::states::State;

/// One-shot calls do not wait for entries that are not there yet.
pub(crate) const ONE_SHOT_BLOCK: Duration = Duration::from_millis(20);

/// The state of a stream, or that of its newer line, once it is valid and nothing newer is to be
/// read.
pub(crate) async fn one_state(
    mut follower: Follower,
    stream: &str,
    wait: Duration,
) -> Result<Arc<State>, Error> {
    let mut reason = None;
    loop {
        while let Some(event) = follower.take() {
            reason = match event.body {
                Body::Disconnected { reason } => Some(reason),
                _ => None,
            };
        }
        if follower.turn().await? == Turn::Busy {
            continue;
        }
        while let Some(Event { body: Body::Disconnected { reason: why }, .. }) = follower.take() {
            reason = Some(why);
        }
        let valid = follower.states().filter(|state| state.is_valid && reason.is_none());
        if let Some(newest) = valid.max_by_key(|state| state.ts_event) {
            return Ok(Arc::clone(newest));
        }
        if follower.now() >= wait {
            let (waited, stream) = (wait, stream.to_owned());
            return Err(match reason {
                Some(reason) => Error::RedisUnreachable { reason, waited },
                None if follower.has_joined() => Error::NotReady { stream, waited },
                None => Error::NoStream { wanted: stream },
            });
        }
    }
}
