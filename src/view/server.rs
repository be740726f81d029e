use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use super::guard::is_own;
use super::http::{Request, Response};
use super::routes::Routes;

/// Connections that are answered at once; what comes beyond them is refused.
const MOST_CONNECTIONS: usize = 64;
/// A browser that says nothing, or takes nothing, is not waited for.
const READ: Duration = Duration::from_secs(5);
const WRITE: Duration = Duration::from_secs(30);
/// Ports after the usual one that are tried where it is taken.
const MORE_PORTS: u16 = 32;

/// A server that is bound to its address.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    routes: Arc<Routes>,
}

impl Server {
    /// Binds to an address; `port` 0 is any that is free. Without a port it is the first free one from
    /// [`PORT`](super::PORT) on.
    ///
    /// # Errors
    /// An address that cannot be had; the message names it.
    pub fn bind(folder: &std::path::Path, address: IpAddr, port: Option<u16>) -> Result<Self> {
        let usual = super::PORT..=super::PORT + MORE_PORTS;
        let ports: Vec<u16> = port.map_or_else(|| usual.collect(), |port| vec![port]);
        let mut refused = None;
        for port in ports {
            match TcpListener::bind((address, port)) {
                Ok(listener) => {
                    let address = listener.local_addr().context("cannot tell the address")?;
                    return Ok(Server { listener, address, routes: Arc::new(Routes::new(folder)) });
                }
                Err(error) => refused = refused.or(Some((port, error))),
            }
        }
        let (port, error) = refused.expect("a port was tried");
        let place = SocketAddr::new(address, port);
        Err(error).with_context(|| {
            format!("cannot listen on {place}; choose another --port, or 0 for any that is free")
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the process ends.
    pub fn serve(&self) {
        let open = Arc::new(AtomicUsize::new(0));
        for stream in self.listener.incoming() {
            // One that has gone again is no matter; of too many open files no end of errors would come.
            let Ok(stream) = stream else {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            };
            let (routes, address) = (Arc::clone(&self.routes), self.address);
            let place = Place::take(&open);
            let serve = move || {
                if place.is_free {
                    answer(stream, address, &routes);
                }
                drop(place);
            };
            // Without a thread the connection is closed.
            let _ = std::thread::Builder::new().name("view".to_owned()).spawn(serve);
        }
    }
}

/// A place among the connections, given back however its answer ends.
struct Place {
    open: Arc<AtomicUsize>,
    is_free: bool,
}

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Self {
        let is_free = open.fetch_add(1, Ordering::SeqCst) < MOST_CONNECTIONS;
        Place { open: Arc::clone(open), is_free }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

fn answer(mut stream: TcpStream, bound: SocketAddr, routes: &Routes) {
    let is_set = stream.set_read_timeout(Some(READ)).and(stream.set_write_timeout(Some(WRITE)));
    let Some(request) = is_set.ok().and_then(|()| Request::read(&mut stream)) else {
        let wrong = Response::refuse("400 Bad Request", "this is no request of HTTP");
        let _ = wrong.write(&mut stream, true);
        return;
    };
    let response = respond(&request, bound, routes);
    // A browser that has gone needs no answer.
    let _ = response.write(&mut stream, request.method != "HEAD");
}

fn respond(request: &Request, bound: SocketAddr, routes: &Routes) -> Response {
    if !is_own(&request.host, bound) {
        let why = format!(
            "this page is for http://{bound} alone: the name under which it was asked for may be that of another site"
        );
        return Response::refuse("403 Forbidden", &why);
    }
    match request.method.as_str() {
        "GET" | "HEAD" => routes.answer(request),
        _ => Response::refuse("405 Method Not Allowed", "this page is only looked at"),
    }
}
