//! Requests and responses of one connection each.

use std::io::{Read, Write};

/// Bytes that the head of a request may have.
const MOST: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

/// What a browser asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub path: String,
    query: String,
    pub host: String,
}

impl Request {
    /// Reads the head of a request; a body is never looked at. `None` of what is no request of HTTP.
    pub fn read(stream: &mut impl Read) -> Option<Self> {
        let (mut head, mut piece) = (Vec::new(), [0; 2048]);
        loop {
            let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
            head.extend_from_slice(&piece[..read]);
            if let Some(request) = Self::parse(&head)? {
                return Some(request);
            }
            if head.len() > MOST {
                return None;
            }
        }
    }

    /// `None` of what is wrong, nothing inside of what is not whole.
    fn parse(head: &[u8]) -> Option<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        if request.parse(head).ok()?.is_partial() {
            return Some(None);
        }
        let mut hosts = request.headers.iter().filter(|one| one.name.eq_ignore_ascii_case("host"));
        let host = hosts.next().map_or("", |one| std::str::from_utf8(one.value).unwrap_or(""));
        if hosts.next().is_some() {
            return None;
        }
        let (path, query) = request.path?.split_once('?').unwrap_or((request.path?, ""));
        Some(Some(Request {
            method: request.method?.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            host: host.to_owned(),
        }))
    }

    /// The value of a key of the query; as it was sent, for what is asked needs no escapes.
    pub fn value(&self, key: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }
}

/// What it is answered.
#[derive(Clone, Debug)]
pub struct Response {
    status: &'static str,
    kind: &'static str,
    body: Vec<u8>,
}

impl Response {
    pub fn ok(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Response { status: "200 OK", kind, body: body.into() }
    }

    /// A refusal in a line.
    pub fn refuse(status: &'static str, why: &str) -> Self {
        Response {
            status,
            kind: "text/plain; charset=utf-8",
            body: format!("{why}\n").into_bytes(),
        }
    }

    /// Writes it; without its body to who asked for the head alone. Nothing of the page comes from elsewhere, and
    /// nothing of it is for the pages of others.
    pub fn write(&self, stream: &mut impl Write, with_body: bool) -> std::io::Result<()> {
        let Response { status, kind, body } = self;
        let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{allow}\
             Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; \
             img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'\r\n\
             X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\nCross-Origin-Opener-Policy: same-origin\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        if with_body {
            stream.write_all(body)?;
        }
        stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Request> {
        Request::read(&mut text.as_bytes())
    }

    #[test]
    fn a_request_is_its_path_its_query_and_its_host() {
        let request = read("GET /sweep/ab?since=1-2&m=val HTTP/1.1\r\nhost: a:1\r\n\r\n").unwrap();
        assert_eq!((request.path.as_str(), request.host.as_str()), ("/sweep/ab", "a:1"));
        assert_eq!((request.value("since"), request.value("m")), (Some("1-2"), Some("val")));
        assert_eq!(request.value("n"), None);
    }

    #[test]
    fn what_is_no_request_is_none() {
        let endless = format!("GET / HTTP/1.1\r\nA: {}", "a".repeat(3 * MOST));
        let two = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
        for text in ["", "GET / HTTP/1.1\r\n", "\u{1}\u{2}", "GET /\r\n\r\n", two, &endless] {
            assert_eq!(read(text), None, "{text:.40}");
        }
    }
}
