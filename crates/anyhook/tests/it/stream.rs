//! A viewer of server-sent events.

use std::{fmt::Write, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

const WITHIN: Duration = Duration::from_secs(60);

pub(crate) struct Stream {
    connection: BufReader<TcpStream>,
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) head: String,
    text: String,
    /// Of the last message.
    pub(crate) last_id: String,
}

/// One message; the comments between them are left out.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) data: Value,
}

impl Stream {
    pub(crate) async fn open(authority: &str, target: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = format!("GET {target} HTTP/1.1\r\nhost: {authority}\r\n");
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        let mut connection = BufReader::new(TcpStream::connect(authority).await.unwrap());
        connection.write_all(format!("{request}\r\n").as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(connection.read_line(&mut head).await.unwrap(), 0, "{head}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let (text, last_id) = (String::new(), String::new());
        let mut stream = Self { connection, status, head: head.to_lowercase(), text, last_id };
        if status == 200 {
            // The first one has an id and no content: from here on, nothing is missed.
            assert_eq!(stream.next().await, Some(Message::default()));
        }
        stream
    }

    /// The next message; `None` once the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        tokio::time::timeout(WITHIN, self.read()).await.expect("a message, or the end")
    }

    async fn read(&mut self) -> Option<Message> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let fields: Vec<_> = block.lines().filter_map(|line| line.split_once(':')).collect();
                let field = |name| fields.iter().find(|(it, _)| *it == name).map(|(_, value)| value.trim());
                let Some(id) = field("id") else { continue };
                id.clone_into(&mut self.last_id);
                let data = field("data").map_or(Value::Null, |data| serde_json::from_str(data).unwrap());
                return Some(Message { name: field("event").unwrap_or_default().to_owned(), data });
            }
            let chunk = self.chunk().await?;
            self.text.push_str(&chunk);
        }
    }

    /// The answer comes in chunks; an empty one is the last.
    async fn chunk(&mut self) -> Option<String> {
        let mut length = String::new();
        self.connection.read_line(&mut length).await.unwrap();
        let length = usize::from_str_radix(length.trim(), 16).expect("a stream ends with its last chunk");
        let mut chunk = vec![0; length + 2];
        self.connection.read_exact(&mut chunk).await.unwrap();
        chunk.truncate(length);
        (length > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    /// The event of the next message.
    pub(crate) async fn event(&mut self) -> Value {
        let message = self.next().await.expect("the stream goes on");
        assert_eq!(message.name, "event", "{message:?}");
        message.data
    }

    /// Waits until an event is told of in this state; what else is told meanwhile.
    pub(crate) async fn until(&mut self, id: &str, status: &str) -> Vec<Message> {
        let mut before = Vec::new();
        loop {
            let message = self.next().await.expect("the stream goes on");
            if message.data["id"] == id && message.data["status"] == status {
                return before;
            }
            before.push(message);
        }
    }
}
