//! Byte sizes on the command line: `1024`, `1k`, `10k`, `1m`.

pub fn parse(s: &str) -> Result<usize, String> {
    let s = s.trim().to_ascii_lowercase();
    let (digits, factor) = match s.as_bytes().last() {
        Some(b'k') => (&s[..s.len() - 1], 1024),
        Some(b'm') => (&s[..s.len() - 1], 1024 * 1024),
        _ => (s.as_str(), 1),
    };
    digits.parse::<usize>().map(|n| n * factor).map_err(|e| format!("bad size {s:?}: {e}"))
}
