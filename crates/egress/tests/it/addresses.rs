//! The table of addresses that are accepted and refused by their text alone.

use crate::support::{configured, strict};

/// Accepted by a client that reaches the public internet only.
const ACCEPTED: [&str; 34] = [
    "https://example.com",
    "https://example.com/",
    "https://example.com/hook?customId=123&x=%20",
    "https://example.com/hook#part",
    "https://example.com:443/",
    "https://example.com:8443/",
    "https://example.com:3000/",
    "https://example.com./",
    "HTTPS://EXAMPLE.COM/",
    "http://example.com/",
    "https://sub.domain.example.co.uk/a/b/c",
    "https://xn--bcher-kva.example/",
    "https://bücher.example/",
    "https://under_score.example.com/",
    "https://1password.example/",
    "https://example.com/user@host",
    "https://example.com/?mail=a@b.c",
    "https://example.com/http://127.0.0.1/",
    "https://mylocal.example/",
    "https://localhost.example.com/",
    "https://notlocalhost.com/",
    "https://internal.example.com/",
    "https://corp.com/",
    "https://1.1.1.1/",
    "https://8.8.8.8:8443/hook",
    "https://172.15.255.255/",
    "https://172.32.0.1/",
    "https://100.63.255.255/",
    "https://192.167.255.255/",
    "https://168.63.129.17/",
    "https://223.255.255.254/",
    "https://[2606:4700:4700::1111]/",
    "https://[2a00:1450:4001:81b::200e]:8443/",
    "https://[64:ff9b::808:808]/",
];

/// Refused by it, and for what reason.
const REFUSED: [(&str, &str); 148] = [
    // Not an address.
    ("", "malformed"),
    ("example.com", "malformed"),
    ("/hook", "malformed"),
    ("//example.com/", "malformed"),
    ("https:", "malformed"),
    ("https:/", "malformed"),
    ("https://", "malformed"),
    ("https:///", "malformed"),
    ("https:example.com", "malformed"),
    ("https:/example.com/", "malformed"),
    ("https:///example.com/", "malformed"),
    ("https:////example.com/", "malformed"),
    ("https://?x", "malformed"),
    ("https://#x", "malformed"),
    ("https://:443/", "malformed"),
    ("https://[::1/", "malformed"),
    ("https://[]/", "malformed"),
    ("https://[1.1.1.1]/", "malformed"),
    ("https://[fe80::1%25eth0]/", "malformed"),
    ("https://[2606:4700:4700::1111%eth0]/", "malformed"),
    ("https://example.com:65536/", "malformed"),
    ("https://example.com:-1/", "malformed"),
    ("https://example.com:abc/", "malformed"),
    ("https://example.com:80:80/", "malformed"),
    ("https://exa<mple.com/", "malformed"),
    ("https://exa|mple.com/", "malformed"),
    ("https://xn--a/", "malformed"),
    ("https://1.2.3.4.5/", "malformed"),
    ("https://1.2.3.256/", "malformed"),
    ("https://256.1.1.1/", "malformed"),
    ("https://example.1/", "malformed"),
    // Another scheme.
    ("ftp://example.com/", "scheme"),
    ("file:///etc/passwd", "scheme"),
    ("gopher://example.com/", "scheme"),
    ("ws://example.com/", "scheme"),
    ("wss://example.com/", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("data:text/plain,x", "scheme"),
    ("localhost:8080", "scheme"),
    ("httpss://example.com/", "scheme"),
    ("unix:/var/run/docker.sock", "scheme"),
    // Characters that are not what they look like.
    (" https://example.com/", "forbidden_character"),
    ("https://example.com/ ", "forbidden_character"),
    ("https://example.com/a b", "forbidden_character"),
    ("https://example.com/\ta", "forbidden_character"),
    ("https://exam\nple.com/", "forbidden_character"),
    ("https://example.com/\r\nHost: x", "forbidden_character"),
    ("https://example.com/\0", "forbidden_character"),
    ("https://example.com\\@127.0.0.1/", "forbidden_character"),
    ("https:\\\\example.com\\", "forbidden_character"),
    ("\u{feff}https://example.com/", "forbidden_character"),
    ("https://example.com/\u{7f}", "forbidden_character"),
    ("https://example.com/\u{85}", "forbidden_character"),
    ("https://example.com/\u{a0}", "forbidden_character"),
    ("https://example.com/\u{3000}", "forbidden_character"),
    // Credentials.
    ("https://user@example.com/", "credentials"),
    ("https://user:password@example.com/", "credentials"),
    ("https://:password@example.com/", "credentials"),
    ("https://@example.com/", "credentials"),
    ("https://example.com@127.0.0.1/", "credentials"),
    ("https://127.0.0.1@example.com/", "credentials"),
    ("https://a@b@example.com/", "credentials"),
    ("https://user%40x@example.com/", "credentials"),
    // Ports.
    ("https://example.com:0/", "port"),
    // IPv4 in disguise, whether its address is public or not.
    ("http://0x7f.1/", "address_form"),
    ("http://0x7f000001/", "address_form"),
    ("http://0X7F.0.0.1/", "address_form"),
    ("http://2130706433/", "address_form"),
    ("http://0177.0.0.1/", "address_form"),
    ("http://0177.0.0.01/", "address_form"),
    ("http://017700000001/", "address_form"),
    ("http://127.1/", "address_form"),
    ("http://127.0.1/", "address_form"),
    ("http://127.0.0.1./", "address_form"),
    ("http://127.0.0.01/", "address_form"),
    ("http://1/", "address_form"),
    ("http://0/", "address_form"),
    ("http://①②⑦.⓪.⓪.①/", "address_form"),
    ("http://127。0。0。1/", "address_form"),
    ("http://１２７.0.0.1/", "address_form"),
    ("http://%31%32%37.0.0.1/", "address_form"),
    ("http://127%2e0%2e0%2e1/", "address_form"),
    ("http://169.254.43518/", "address_form"),
    ("http://2852039166/", "address_form"),
    ("http://0xa9fea9fe/", "address_form"),
    ("https://8.8.2056/", "address_form"),
    ("https://134744072/", "address_form"),
    ("https://1.1.1.1./", "address_form"),
    // Names that DNS cannot have.
    ("https://example..com/", "invalid_name"),
    ("https://.example.com/", "invalid_name"),
    ("https://example.com../", "invalid_name"),
    ("https://*.example.com/", "invalid_name"),
    ("https://exa!mple.com/", "invalid_name"),
    ("https://$host.example.com/", "invalid_name"),
    ("https://%65xample.com/", "invalid_name"),
    ("https://a-label-that-is-longer-than-the-sixty-three-characters-which-dns-allows.example.com/", "invalid_name"),
    // Private names.
    ("http://localhost/", "private_name"),
    ("http://LOCALHOST/", "private_name"),
    ("http://localhost./", "private_name"),
    ("http://localhost:8080/", "private_name"),
    ("http://a.localhost/", "private_name"),
    ("http://ⓛocalhost/", "private_name"),
    ("http://localhost.localdomain/", "private_name"),
    ("http://handler:8080/", "private_name"),
    ("http://metadata/", "private_name"),
    ("http://printer.local/", "private_name"),
    ("http://metadata.google.internal/", "private_name"),
    ("http://metadata.google.internal./", "private_name"),
    ("http://host.docker.internal/", "private_name"),
    ("http://nas.lan/", "private_name"),
    ("http://router.home.arpa/", "private_name"),
    ("http://wiki.corp/", "private_name"),
    ("http://handler.default.svc/", "private_name"),
    ("http://kubernetes.default.svc.cluster.local/", "private_name"),
    ("http://expyuzz4wqqyqhjn.onion/", "private_name"),
    ("http://1.0.0.127.in-addr.arpa/", "private_name"),
    // IPv4 that is not public.
    ("http://0.0.0.0/", "forbidden_address"),
    ("http://0.1.2.3/", "forbidden_address"),
    ("http://10.0.0.1/", "forbidden_address"),
    ("http://100.64.0.1/", "forbidden_address"),
    ("http://100.100.100.200/", "forbidden_address"),
    ("http://127.0.0.1/", "forbidden_address"),
    ("http://127.0.0.1:8080/", "forbidden_address"),
    ("http://127.255.255.254/", "forbidden_address"),
    ("http://168.63.129.16/", "forbidden_address"),
    ("http://169.254.169.254/latest/meta-data/", "forbidden_address"),
    ("http://172.16.0.1/", "forbidden_address"),
    ("http://172.31.255.255/", "forbidden_address"),
    ("http://192.0.0.192/", "forbidden_address"),
    ("http://192.0.2.1/", "forbidden_address"),
    ("http://192.88.99.1/", "forbidden_address"),
    ("http://192.168.1.1/", "forbidden_address"),
    ("http://198.18.0.1/", "forbidden_address"),
    ("http://198.51.100.1/", "forbidden_address"),
    ("http://203.0.113.1/", "forbidden_address"),
    ("http://224.0.0.1/", "forbidden_address"),
    ("http://240.0.0.1/", "forbidden_address"),
    ("http://255.255.255.255/", "forbidden_address"),
    // IPv6 that is not public, or carries an IPv4 address that is not.
    ("http://[::]/", "forbidden_address"),
    ("http://[::1]/", "forbidden_address"),
    ("http://[::ffff:127.0.0.1]/", "forbidden_address"),
    ("http://[64:ff9b::a9fe:a9fe]/", "forbidden_address"),
    ("http://[64:ff9b:1::1]/", "forbidden_address"),
    ("http://[2001::1]/", "forbidden_address"),
    ("http://[2001:db8::1]/", "forbidden_address"),
    ("http://[2002:7f00:1::]/", "forbidden_address"),
    ("http://[2606:4700::5efe:127.0.0.1]/", "forbidden_address"),
    ("http://[fd00:ec2::254]/", "forbidden_address"),
];

/// More IPv6 addresses that lead elsewhere than to the public internet.
const FORBIDDEN_V6: [&str; 18] = [
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "100::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff::1",
    "2002:a00:1::",
    "2606:4700::200:5efe:10.0.0.1",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
];

#[test]
fn accepted() {
    let client = strict();
    for url in ACCEPTED {
        assert_eq!(client.parse(url).map(|_| ()), Ok(()), "{url}");
    }
}

#[test]
fn refused() {
    let client = strict();
    for (url, code) in REFUSED {
        let refusal = client.parse(url).map_err(|refusal| refusal.code());
        assert_eq!(refusal.err(), Some(code), "{url:?}");
    }
    for address in FORBIDDEN_V6 {
        let refusal = client.parse(&format!("https://[{address}]/")).map_err(|refusal| refusal.code());
        assert_eq!(refusal.err(), Some("forbidden_address"), "{address}");
    }
}

#[tokio::test]
async fn what_is_refused_by_its_text_is_refused_by_check_too() {
    let client = strict();
    for (url, code) in REFUSED {
        assert_eq!(client.check(url).await.unwrap_err().code(), code, "{url:?}");
    }
}

#[test]
fn mapped_addresses_are_judged_by_what_they_carry() {
    let client = strict();
    assert!(client.parse("https://[::ffff:1.1.1.1]/").is_ok());
    assert!(client.parse("https://[64:ff9b::1.1.1.1]/").is_ok());
}

#[test]
fn length_is_counted_in_characters() {
    let url = |n_chars: usize| format!("https://example.com/{}", "é".repeat(n_chars - 20));
    assert!(strict().parse(&url(2048)).is_ok());
    assert_eq!(strict().parse(&url(2049)).unwrap_err().code(), "too_long");
    let name = |n_chars: usize| format!("https://{}com/", "a.".repeat((n_chars - 3) / 2));
    assert!(strict().parse(&name(253)).is_ok());
    assert_eq!(strict().parse(&name(255)).unwrap_err().code(), "invalid_name");
}

#[test]
fn an_allowed_network_opens_what_lies_in_it_and_no_more() {
    let client = configured(|config| config.allow = vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()]);
    for url in [
        "http://10.1.2.3:8080/",
        "https://[::ffff:10.1.2.3]/",
        "http://[fd00::1]/",
        "http://handler/",
        "https://1.1.1.1/",
    ] {
        assert!(client.parse(url).is_ok(), "{url}");
    }
    for (url, code) in [
        ("http://10.2.0.1/", "forbidden_address"),
        ("http://127.0.0.1/", "forbidden_address"),
        ("http://[fe80::1]/", "forbidden_address"),
        ("http://[64:ff9b::10.1.2.3]/", "forbidden_address"),
        ("http://localhost/", "private_name"),
        ("http://x.onion/", "private_name"),
        ("http://10.1.515/", "address_form"),
    ] {
        assert_eq!(client.parse(url).unwrap_err().code(), code, "{url}");
    }
}

#[test]
fn a_developer_reaches_this_machine() {
    let client = configured(|config| config.allow = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    for url in ["http://localhost:3000/", "http://127.0.0.1:3000/", "http://[::1]:3000/", "https://app.localhost/"] {
        assert!(client.parse(url).is_ok(), "{url}");
    }
    assert!(client.parse("http://192.168.0.1/").is_err());
}

#[test]
fn refusals_say_what_to_do_and_hold_no_secret() {
    let client = strict();
    let refusal = client.parse("https://user:hunter2@example.com/").unwrap_err();
    assert!(!refusal.to_string().contains("hunter2"));
    for (url, _) in REFUSED {
        let text = client.parse(url).unwrap_err().to_string();
        assert!(text.ends_with('.') && text.len() > 30, "{text}");
    }
}
