//! Whom the server answers. A page of another site can make a browser look up the site's own name as this machine
//! (DNS rebinding); then the `Host` that the browser sends is that name.

use std::net::{IpAddr, SocketAddr};

/// Whether a `Host` header names this server: this machine by address or as `localhost`, with the server's port. A
/// server that listens on every address of a machine is named by any address, but by no other name.
pub fn is_own(host: &str, bound: SocketAddr) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        // The colons of an address without a port stand in brackets.
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
        _ => (host, Some(80)),
    };
    port == Some(bound.port()) && is_own_name(name, bound.ip())
}

fn is_own_name(name: &str, bound: IpAddr) -> bool {
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    let address = bare.parse::<IpAddr>().ok();
    address
        .is_some_and(|address| address.is_loopback() || address == bound || bound.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_by_address_or_as_localhost_is_answered() {
        let bound: SocketAddr = "127.0.0.1:9263".parse().unwrap();
        for host in ["127.0.0.1:9263", "localhost:9263", "LocalHost:9263", "[::1]:9263"] {
            assert!(is_own(host, bound), "{host}");
        }
        for host in [
            "evil.example:9263",
            "evil.example",
            "localhost",
            "localhost:80",
            "localhost.evil.example:9263",
            "127.0.0.1.evil.example:9263",
            "192.168.0.7:9263",
            "[::1]",
            "",
            ":9263",
        ] {
            assert!(!is_own(host, bound), "{host}");
        }
    }

    #[test]
    fn a_server_for_others_is_named_by_its_address() {
        let one: SocketAddr = "192.168.0.7:80".parse().unwrap();
        assert!(is_own("192.168.0.7", one) && !is_own("192.168.0.8", one));
        let all: SocketAddr = "[::]:9263".parse().unwrap();
        assert!(is_own("192.168.0.8:9263", all) && is_own("[fe80::1]:9263", all));
        assert!(!is_own("evil.example:9263", all));
    }
}
