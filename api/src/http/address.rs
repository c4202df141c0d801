//! Whose request it is, as far as the network knows, and which language they read.

use http::{HeaderMap, header};
use std::net::{IpAddr, SocketAddr};

/// The caller's address. A header counts only if a proxy of ours wrote it: the last entry is the proxy's own word.
pub fn address(peer: Option<SocketAddr>, headers: &HeaderMap, trust_proxy: bool) -> Option<IpAddr> {
    let told = || {
        let line = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        let last = line.rsplit(',').next()?.trim();
        last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
    };
    let address = if trust_proxy { told() } else { None };
    address.or_else(|| peer.map(|peer| peer.ip())).map(|address| address.to_canonical())
}

/// What shares one budget: an address, or the /64 that one IPv6 customer has.
pub fn household(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Whether English is wanted more than French. The network is French unless told otherwise.
pub fn reads_english(headers: &HeaderMap) -> bool {
    let line = headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok()).unwrap_or_default();
    let wish = |language: &str| {
        line.split(',')
            .filter_map(|part| {
                let mut pieces = part.split(';');
                let tag = pieces.next()?.trim().to_ascii_lowercase();
                let quality =
                    pieces.find_map(|piece| piece.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
                (tag.split('-').next() == Some(language)).then_some(quality)
            })
            .fold(0.0_f64, f64::max)
    };
    wish("en") > wish("fr")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), http::HeaderValue::from_static(value))])
    }

    #[test]
    fn a_forged_address_does_not_count() {
        let peer = Some("192.0.2.1:5".parse().expect("an address"));
        let forged = headers("x-forwarded-for", "198.51.100.7, 203.0.113.9");
        let seen = |trust| address(peer, &forged, trust).map(|address| address.to_string());
        assert_eq!(seen(false).as_deref(), Some("192.0.2.1"));
        assert_eq!(seen(true).as_deref(), Some("203.0.113.9"));
        let nonsense = headers("x-forwarded-for", "unknown");
        assert_eq!(address(peer, &nonsense, true), address(peer, &HeaderMap::new(), false));
    }

    #[test]
    fn a_household_shares_its_budget() {
        let of = |text: &str| household(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2:aaaa::1"), of("2001:db8:1:2:bbbb::2"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn english_is_asked_for() {
        for (line, english) in [
            ("", false),
            ("fr-FR,fr;q=0.9,en;q=0.8", false),
            ("en-GB,en;q=0.9", true),
            ("fr;q=0.5, en;q=0.7", true),
            ("de", false),
            ("en;q=0", false),
        ] {
            assert_eq!(reads_english(&headers("accept-language", line)), english, "{line}");
        }
    }
}
