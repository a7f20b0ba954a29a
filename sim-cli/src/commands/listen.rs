//! The address that a server listens on, in the forms in which people write it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

/// Where the gateway listens unless another address is given.
pub(super) const DEFAULT: &str = "127.0.0.1:8080";

/// `ADDRESS:PORT`, `NAME:PORT`, `:PORT` or `PORT`. Without an address it is this machine's own, 127.0.0.1: to be reached by others is
/// asked for with 0.0.0.0.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    let port: u16 = port.parse().map_err(|_| form())?;
    if host.is_empty() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    // An IPv6 address in brackets is taken above.
    if host.contains([':', '[', ']', '/']) {
        return Err(form());
    }
    let found = (host, port).to_socket_addrs().map_err(|error| format!("{host}: {error}"))?;
    // Names such as localhost have both: people and their tools look for 127.0.0.1.
    let found = found.min_by_key(SocketAddr::is_ipv6);
    found.ok_or_else(|| format!("{host}: this name has no address"))
}

fn form() -> String {
    format!("give ADDRESS:PORT such as {DEFAULT}, localhost:8080 or [::1]:8080, or a port of 0 to 65535 alone")
}

/// An address as a URL has it: one that stands for all addresses as this machine's own.
pub(super) fn url(address: SocketAddr) -> String {
    let reached = match address.ip() {
        IpAddr::V4(own) if own.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(own) if own.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        other => other,
    };
    format!("http://{}", SocketAddr::new(reached, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_usual_forms_are_taken() {
        for (text, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:8080", "[::1]:8080"),
            ("[::]:0", "[::]:0"),
            (":8080", "127.0.0.1:8080"),
            ("8080", "127.0.0.1:8080"),
            ("0", "127.0.0.1:0"),
            ("localhost:8080", "127.0.0.1:8080"),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()), Ok(expected.into()), "{text}");
        }
    }

    #[test]
    fn other_forms_are_told_what_is_wanted() {
        let expected =
            "give ADDRESS:PORT such as 127.0.0.1:8080, localhost:8080 or [::1]:8080, or a port of 0 to 65535 alone";
        for text in [
            "",
            ":",
            "localhost",
            "127.0.0.1",
            "0.0.0.0:",
            "127.0.0.1:http",
            ":65536",
            "-1",
            "::1",
            "::1:8080",
            "http://127.0.0.1:8080",
            "[::1]",
        ] {
            assert_eq!(address(text), Err(expected.into()), "{text}");
        }
        let unknown = address("no-such-name.invalid:8080").unwrap_err();
        assert!(unknown.starts_with("no-such-name.invalid: ") && !unknown.contains('\n'), "{unknown}");
    }

    #[test]
    fn a_url_leads_to_this_machine() {
        for (text, expected) in [
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:80", "http://[::1]:80"),
            ("10.0.0.7:80", "http://10.0.0.7:80"),
        ] {
            assert_eq!(url(text.parse().unwrap()), expected);
        }
    }
}
