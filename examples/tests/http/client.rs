//! A client of HTTP/1.1 on std's sockets: as much as the tests need, and no more lenient than that.

use crate::support::{careful, connect};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

/// A connection.
#[derive(Debug)]
pub(crate) struct Http(BufReader<TcpStream>);

/// An answer, or its head only.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// A header by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }
}

impl Http {
    #[track_caller]
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::new(connect(address))
    }

    pub(crate) fn new(stream: TcpStream) -> Self {
        careful(&stream);
        Self(BufReader::new(stream))
    }

    #[track_caller]
    pub(crate) fn send(&mut self, text: &str) {
        self.write(text.as_bytes());
    }

    #[track_caller]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
        self.answer()
    }

    /// Reads the head of an answer.
    #[track_caller]
    pub(crate) fn head(&mut self) -> Answer {
        let first = self.line();
        let status = first.strip_prefix("HTTP/1.1 ").or_else(|| first.strip_prefix("HTTP/1.0 "));
        let status = status.and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.unwrap_or_else(|| panic!("not the first line of an answer: {first:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return Answer { status, headers, body: Vec::new() };
            }
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("not a header: {line:?}"));
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// Reads an answer as a whole.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        if let Some(length) = answer.header("content-length") {
            let length = length.parse().unwrap();
            self.body(&mut answer.body, length);
        } else {
            assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "{answer:?}");
            loop {
                let length = usize::from_str_radix(&self.line(), 16).expect("the length of a chunk");
                self.body(&mut answer.body, length);
                assert_eq!(self.line(), "", "after a chunk");
                if length == 0 {
                    break;
                }
            }
        }
        answer
    }

    #[track_caller]
    fn body(&mut self, body: &mut Vec<u8>, length: usize) {
        let read = self.0.by_ref().take(length as u64).read_to_end(body).unwrap();
        assert_eq!(read, length, "the body is cut short");
    }

    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.strip_suffix("\r\n").unwrap_or_else(|| panic!("not a whole line: {line:?}")).to_owned()
    }

    /// What follows, until the server hangs up.
    #[track_caller]
    pub(crate) fn rest(mut self) -> Vec<u8> {
        let mut rest = self.0.buffer().to_vec();
        rest.extend(crate::support::until_hung_up(self.0.get_mut()));
        rest
    }

    pub(crate) fn shutdown(&self, how: Shutdown) {
        self.0.get_ref().shutdown(how).unwrap();
    }

    /// For a body that is too long to be held.
    pub(crate) fn reader(&mut self) -> &mut impl Read {
        &mut self.0
    }
}
