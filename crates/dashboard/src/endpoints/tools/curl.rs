//! A command that sends a request, for a POSIX shell.

use std::fmt::Write;

/// A request to be sent.
pub(super) struct Sent<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) headers: &'a [(String, String)],
    pub(super) body: &'a [u8],
}

/// The same bytes as the request's, whatever is in them.
pub(super) fn command(sent: &Sent<'_>) -> String {
    let mut command = format!("curl -X {} {}", quoted(sent.method), quoted(sent.url));
    if sent.url.contains(['[', ']', '{', '}']) {
        // Otherwise curl takes them for a range of URLs.
        command = command.replacen("curl", "curl --globoff", 1);
    }
    for (name, value) in sent.headers {
        // Nothing after a colon takes a header away, a semicolon in its place sends it empty.
        let field = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        let _ = write!(command, " \\\n  -H {}", quoted(&field));
    }
    if sent.body.is_empty() && sent.method == "GET" {
        return command;
    }
    if !sent.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        // curl adds one where there is a body.
        command += " \\\n  -H 'content-type:'";
    }
    match as_argument(sent.body) {
        Some(text) => command + " \\\n  --data-binary " + &quoted(text),
        None => format!("printf '{}' | \\\n{command} \\\n  --data-binary @-", octal(sent.body)),
    }
}

/// Systems allow 128 KiB.
const LONGEST_ARGUMENT_BYTES: usize = 64 * 1024;

/// What an argument can hold; one that begins with `@` names a file.
fn as_argument(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    (text.len() <= LONGEST_ARGUMENT_BYTES && !text.starts_with('@') && !text.contains('\0')).then_some(text)
}

/// For `printf`, which is a part of the shell, and knows `\ooo` everywhere.
fn octal(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len());
    for byte in body {
        match byte {
            b' '..=b'~' if !b"'%\\-".contains(byte) => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\{byte:03o}");
            }
        }
    }
    text
}

/// One word of a shell, whatever is in it.
fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(&str, &str)], body: &[u8]) -> String {
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        command(&Sent { method: "POST", url: "https://in.example/a?b=c&d=e", headers: &headers, body })
    }

    #[test]
    fn a_text_is_one_argument() {
        let command = of(&[("content-type", "application/json"), ("x-empty", "")], br#"{"it's":"$HOME"}"#);
        let expected = r#"curl -X POST 'https://in.example/a?b=c&d=e' \
  -H 'content-type: application/json' \
  -H 'x-empty;' \
  --data-binary '{"it'\''s":"$HOME"}'"#;
        assert_eq!(command, expected);
    }

    #[test]
    fn bytes_that_are_no_argument_are_piped() {
        let start = "printf '@a\\047\\045\\134\\000\\377 b' | \\\ncurl -X POST ";
        let command = of(&[], b"@a'%\\\0\xff b");
        assert!(command.starts_with(start), "{command}");
        assert!(command.ends_with("  -H 'content-type:' \\\n  --data-binary @-"), "{command}");
        assert!(of(&[], b"@file").starts_with("printf '@file' |"));
        assert!(of(&[], &[b'a'; LONGEST_ARGUMENT_BYTES + 1]).starts_with("printf 'aaa"));
    }

    /// What a shell makes of a command whose `curl` writes its arguments, a line for each, and what it reads.
    fn run(command: &str) -> Vec<u8> {
        let script = format!("curl() {{ for word; do printf '%s\\n' \"$word\"; done; cat; }}\n{command}");
        let run = std::process::Command::new("sh").args(["-c", &script]).stdin(std::process::Stdio::null()).output();
        run.expect("there is a shell").stdout
    }

    #[test]
    fn a_shell_passes_everything_on_as_it_is() {
        let url = "https://in.example/a?b=c&d=e";
        let value = r#"it's "$HOME" `id` \n %s"#;
        let expected = format!("-X\nPOST\n{url}\n-H\ncontent-type: {value}\n--data-binary\n{value}\n");
        assert_eq!(run(&of(&[("content-type", value)], value.as_bytes())), expected.as_bytes());
        let all: Vec<u8> = (0..=255).chain(*b"-8\\8%d").collect();
        let head = format!("-X\nPOST\n{url}\n-H\ncontent-type:\n--data-binary\n@-\n");
        for body in [&all[..], b"@file", b"-n\0", b"\xff8"] {
            assert_eq!(run(&of(&[], body)), [head.as_bytes(), body].concat());
        }
    }

    #[test]
    fn a_get_has_no_body_and_brackets_are_no_range() {
        let get = Sent { method: "GET", url: "https://in.example/a?b[]=c", headers: &[], body: b"" };
        assert_eq!(command(&get), "curl --globoff -X GET 'https://in.example/a?b[]=c'");
    }
}
