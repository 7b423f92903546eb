//! Elsewhere: mio's own wait, by one thread at a time; another one finds nothing.
//!
//! Go: runtime/netpoll_kqueue.go

use crate::netpoll::Event;
use crate::ready::Ready;
use gmp_base::loom::Mutex;
use mio::{Events, Poll, Registry};
use std::io;
use std::time::Duration;

const MOST: usize = 256;

#[derive(Debug)]
pub(crate) struct Selector {
    registry: Registry,
    poll: Mutex<(Poll, Events)>,
}

impl Selector {
    pub(crate) fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        Ok(Self { registry: poll.registry().try_clone()?, poll: Mutex::new((poll, Events::with_capacity(MOST))) })
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn wait(&self, delay: Option<Duration>, _max: usize, mut f: impl FnMut(Event)) -> io::Result<()> {
        let Some(mut poll) = self.poll.try_lock() else { return Ok(()) };
        let (poll, events) = &mut *poll;
        match poll.poll(events, delay) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            Err(_) => return Ok(()),
            Ok(()) => {}
        }
        let found: Vec<Event> = events.iter().map(|event| (event.token(), ready(event))).collect();
        found.into_iter().for_each(&mut f);
        Ok(())
    }
}

fn ready(event: &mio::event::Event) -> Ready {
    let mut ready = Ready::EMPTY;
    let mut add = |condition, what| {
        if condition {
            ready = ready | what;
        }
    };
    add(event.is_readable(), Ready::READABLE);
    add(event.is_writable(), Ready::WRITABLE);
    add(event.is_read_closed(), Ready::READ_CLOSED);
    add(event.is_write_closed(), Ready::WRITE_CLOSED);
    add(event.is_priority(), Ready::PRIORITY);
    add(event.is_error(), Ready::ERROR);
    ready
}
