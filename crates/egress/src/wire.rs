//! An open connection, plain or TLS, that knows which request opened it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use crate::ledger::Ledger;

/// The ledger of the request for which a connection was opened: any other request is reusing it.
#[derive(Clone)]
pub(crate) struct OpenedBy(pub(crate) Arc<Ledger>);

/// A connection in the pool's hands.
pub(crate) struct Wire {
    io: TokioIo<Either<TcpStream, Box<TlsStream<TcpStream>>>>,
    opened_by: OpenedBy,
}

impl Wire {
    pub(crate) fn plain(stream: TcpStream, ledger: Arc<Ledger>) -> Self {
        Self { io: TokioIo::new(Either::Left(stream)), opened_by: OpenedBy(ledger) }
    }

    pub(crate) fn tls(stream: TlsStream<TcpStream>, ledger: Arc<Ledger>) -> Self {
        Self { io: TokioIo::new(Either::Right(Box::new(stream))), opened_by: OpenedBy(ledger) }
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.opened_by.clone())
    }
}

impl Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}
