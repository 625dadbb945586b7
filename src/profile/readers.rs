//! Single values: what they may be, and what is said where they are not. Pure; what is said follows the name of a key.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use toml::de::DeValue;

use super::ConfirmParameter;

/// A time in whole or broken seconds.
pub(super) fn time_of(value: &DeValue<'_>) -> Option<Duration> {
    let text = value.as_integer().map(ToString::to_string);
    let text = text.or_else(|| value.as_float().map(ToString::to_string));
    Duration::try_from_secs_f64(text?.parse().ok()?).ok()
}

/// An address that tokens and passwords may be sent to.
fn address(text: &str) -> Result<Url, &'static str> {
    if text.contains(['@', '?', '#', '\\']) {
        return Err("must hold no user name or password, no ? and no #");
    }
    let url = Url::parse(text).map_err(|_| "is not an address such as https://host/path")?;
    match url.scheme() {
        "https" => Ok(url),
        // Everything that is sent carries a token.
        "http" if url.host_str().is_some_and(is_this_machine) => Ok(url),
        _ => Err("must begin with https:// (http:// only to this machine: 127.0.0.1, [::1] or localhost)"),
    }
}

/// The address without slashes at its end. What was checked is what is used, so it is the parsed
/// form that is kept.
pub(super) fn base_url(text: &str) -> Result<String, &'static str> {
    Ok(address(text)?.as_str().trim_end_matches('/').into())
}

pub(super) fn token_url(text: &str) -> Result<String, &'static str> {
    Ok(address(text)?.into())
}

/// The address parser has brought `127.1` and `0x7f.0.0.1` into the usual form.
fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: Ipv6Addr| ip.is_loopback())
}

/// A value that travels in a header (WIRE 3): nothing that could end or disguise it.
pub(super) fn header(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("must be plain letters, digits and signs (ASCII), without blanks, and not empty");
    }
    Ok(text.into())
}

pub(super) fn line(text: &str) -> Result<String, &'static str> {
    let odd = text.trim().is_empty() || text.trim() != text || text.chars().any(char::is_control);
    if odd { Err("must be a line of text, without blanks at its ends, and not empty") } else { Ok(text.into()) }
}

/// Words between single blanks (RFC 6749, 3.3).
pub(super) fn scope(text: &str) -> Result<String, &'static str> {
    let plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    if text.split(' ').all(plain) { Ok(text.into()) } else { Err("must be plain words with a blank between them") }
}

pub(super) fn absolute(text: &str) -> Result<PathBuf, &'static str> {
    Some(PathBuf::from(text)).filter(|p| p.is_absolute()).ok_or("must be a full path, beginning with /")
}

pub(super) fn proxy(text: &str) -> Result<String, &'static str> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let bare = url.filter(|url| matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none());
    bare.map(|_| text.into()).ok_or("must be the address of a proxy, such as http://proxy.example.com:3128")
}

/// An address without the name and the password in it.
#[must_use]
pub fn without_credentials(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").map_or((None, address), |(scheme, rest)| (Some(scheme), rest));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    scheme.map_or_else(|| host.into(), |scheme| format!("{scheme}://{host}"))
}

pub(super) fn one_of<T: Copy>(text: &str, all: &[(&str, T)], wrong: &'static str) -> Result<T, &'static str> {
    all.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or(wrong)
}

pub(super) fn confirm_parameter(text: &str) -> Result<ConfirmParameter, &'static str> {
    let all = [
        ("both", ConfirmParameter::Both),
        ("confirm", ConfirmParameter::Confirm),
        ("confirmation", ConfirmParameter::Confirmation),
    ];
    one_of(text, &all, "must be \"both\", \"confirm\" or \"confirmation\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_this_machine() {
        for (text, kept) in [
            ("https://Host.example.com/mobproc/v1.qa//", Some("https://host.example.com/mobproc/v1.qa")),
            ("https://host:8443", Some("https://host:8443")),
            ("http://127.0.0.1:8080/v1", Some("http://127.0.0.1:8080/v1")),
            ("http://127.9.9.9/", Some("http://127.9.9.9")),
            ("http://[::1]:80/v1", Some("http://[::1]/v1")),
            ("http://localhost/v1", Some("http://localhost/v1")),
            ("http://host.example.com/", None),
            ("http://localhost.example.com/", None),
            ("http://127.0.0.1.example.com/", None),
            ("http://10.0.0.1/", None),
            ("http://[::ffff:127.0.0.1]/", None),
            ("http://[::]/", None),
            ("http://0.0.0.0/", None),
            ("http://127.0.0.1@example.com/", None),
            ("https://user:word@host/", None),
            ("https://host/?a=b", None),
            ("https://host/#a", None),
            ("https:\\\\host\\", None),
            ("ftp://host/", None),
            ("file:///etc/passwd", None),
            ("host.example.com/v1", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(base_url(text).ok().as_deref(), kept, "{text}");
            assert_eq!(token_url(text).is_ok(), kept.is_some(), "{text}");
        }
        assert_eq!(token_url("https://login.example.com/as/token/").unwrap(), "https://login.example.com/as/token/");
    }

    #[test]
    fn a_proxy_is_shown_without_its_name_and_password() {
        for (text, shown) in [
            ("http://user:w@rd@proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("https://proxy", "https://proxy"),
            ("user:word@proxy:3128", "proxy:3128"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }
}
