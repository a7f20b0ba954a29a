//! Which keys a cluster may get: those that a seed gives are for this machine's own clusters.

use {
    super::{Failure, UsageError},
    campus_energy_department::KeySource,
    reqwest::Url,
    solana_program::hash::Hash,
    std::net::IpAddr,
};

/// The clusters that everybody uses, by their genesis.
const PUBLIC_CLUSTERS: [(&str, &str); 3] = [
    ("mainnet-beta", "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"),
    ("testnet", "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY"),
    ("devnet", "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG"),
];

/// Why keys must be secret: what makes a cluster one that others can reach. None for a cluster of this machine.
pub(super) fn others_reach(urls: &[String], genesis: Option<&Hash>) -> Option<String> {
    if let Some(url) = urls.iter().find(|url| !is_loopback(url)) {
        return Some(format!("{} is not on this machine", without_secrets(url)));
    }
    let genesis = genesis?.to_string();
    let (name, _) = PUBLIC_CLUSTERS.iter().find(|(_, hash)| *hash == genesis)?;
    Some(format!("its genesis is that of {name}, though its URL leads to this machine"))
}

/// Fails where keys would be derived from a seed that must be secret.
pub(super) fn refuse_seed(source: &KeySource, others_reach: Option<&String>) -> Result<(), Failure> {
    match (source, others_reach) {
        (KeySource::Seed(_), Some(why)) => Err(UsageError::PublicKeys(why.clone()).into()),
        _ => Ok(()),
    }
}

/// Whether a URL leads to this machine, whatever a name server says.
fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let Some(host) = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")) else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// A URL as it may be shown: a provider's key may be in its user, path and query.
fn without_secrets(url: &str) -> String {
    let parsed = Url::parse(url).ok();
    let host = parsed.as_ref().and_then(Url::host_str);
    host.map_or_else(|| format!("{url:?}"), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(url: &str, genesis: Option<&str>) -> Option<String> {
        let genesis = genesis.map(|hash| hash.parse().unwrap());
        others_reach(&[url.into()], genesis.as_ref())
    }

    #[test]
    fn loopback_addresses_are_local_and_nothing_that_looks_like_one() {
        for local in [
            "http://localhost:8899",
            "http://LOCALHOST:8899/",
            "https://localhost",
            "http://127.0.0.1:8899",
            "http://127.0.0.1",
            "http://127.255.255.254:1",
            "http://127.1:8899",
            "http://0x7f.0.0.1:8899",
            "http://2130706433/",
            "http://[::1]:8899",
            "http://[0:0:0:0:0:0:0:1]:8899",
            "http://user:password@localhost:8899",
            "http://evil.org@127.0.0.1",
        ] {
            assert_eq!(reason(local, None), None, "{local}");
        }
        for (other, host) in [
            ("https://api.devnet.solana.com", "api.devnet.solana.com"),
            ("http://127.example.com:8899", "127.example.com"),
            ("http://127.0.0.1.evil.org", "127.0.0.1.evil.org"),
            ("http://localhost.evil.org:8899", "localhost.evil.org"),
            ("http://localhost@evil.org:8899", "evil.org"),
            ("http://127.0.0.1@evil.org", "evil.org"),
            ("http://localhost:8899@evil.org", "evil.org"),
            ("http://evil.org/localhost", "evil.org"),
            ("http://evil.org/?http://localhost", "evil.org"),
            ("http://evil.org#localhost", "evil.org"),
            ("http://evil.org\\@localhost", "evil.org"),
            ("http://localhost.", "localhost."),
            ("http://mylocalhost", "mylocalhost"),
            ("http://engineering-validator:8899", "engineering-validator"),
            ("http://128.0.0.1", "128.0.0.1"),
            ("http://126.255.255.255", "126.255.255.255"),
            ("http://10.0.0.1:8899", "10.0.0.1"),
            ("http://0.0.0.0:8899", "0.0.0.0"),
            ("http://[::2]:8899", "[::2]"),
            ("http://[::]:8899", "[::]"),
            ("http://[::ffff:7f00:1]", "[::ffff:7f00:1]"),
            ("https://user:secret@rpc.example.org/key-1234?api-key=1234", "rpc.example.org"),
            ("ftp://localhost:8899", "localhost"),
            // No URLs: nobody knows where they lead.
            ("localhost", "\"localhost\""),
            ("//localhost", "\"//localhost\""),
            ("localhost:8899", "\"localhost:8899\""),
            ("", "\"\""),
        ] {
            assert_eq!(reason(other, None), Some(format!("{host} is not on this machine")), "{other}");
        }
    }

    #[test]
    fn one_url_of_several_is_enough() {
        let all = ["http://localhost:8899", "http://[::1]:1", "http://rpc.example.org"].map(String::from);
        assert_eq!(others_reach(&all[..2], None), None);
        assert_eq!(others_reach(&all, None).as_deref(), Some("rpc.example.org is not on this machine"));
    }

    #[test]
    fn a_tunnel_to_a_public_cluster_is_not_local() {
        for (name, genesis) in PUBLIC_CLUSTERS {
            let expected = format!("its genesis is that of {name}, though its URL leads to this machine");
            assert_eq!(reason("http://localhost:8899", Some(genesis)), Some(expected));
        }
        let own = Hash::new_from_array([7; 32]).to_string();
        assert_eq!(reason("http://localhost:8899", Some(&own)), None);
    }

    #[test]
    fn only_a_seed_is_refused_and_told_what_to_do() {
        let (seed, files) = (KeySource::Seed(42), KeySource::Files("keys".into()));
        let why = others_reach(&["https://api.devnet.solana.com".into()], None);
        let text = refuse_seed(&seed, why.as_ref()).unwrap_err().to_string();
        let expected = "the cluster: api.devnet.solana.com is not on this machine; keys derived from a seed are public, anyone can \
                        compute them: make secret ones with `sim-cli keys --random --out DIR` and give them with --keys DIR";
        assert_eq!(text, expected);
        assert!(refuse_seed(&files, why.as_ref()).is_ok() && refuse_seed(&seed, None).is_ok());
    }
}
