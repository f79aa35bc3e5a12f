"""A mail server for one user over TLS: writes a line of JSON for each mail that it takes.

Arguments: the port, or 0; a certificate and its key in PEM; `starttls` or `wrapped`; the user; the password.
Its first line is the port. Mail for `refused@…` it refuses for good; the first one for `later@…` it puts off.
"""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

port, certificate, key, mode, user, password = sys.argv[1:]
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate, key)


class Handler:
    put_off = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.1.1 No such mailbox"
        if address.startswith("later@") and address not in self.put_off:
            self.put_off.add(address)
            return "451 4.7.1 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "content": envelope.content.decode(),
            "encrypted": server.transport.get_extra_info("ssl_object") is not None,
        }
        print(json.dumps(mail), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    expected = LoginPassword(user.encode(), password.encode())
    return AuthResult(success=data == expected, handled=False)


def connect():
    return SMTP(
        handler,
        tls_context=tls if mode == "starttls" else None,
        require_starttls=mode == "starttls",
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=mode == "starttls",
        enable_SMTPUTF8=True,
    )


async def main():
    wrapped = tls if mode == "wrapped" else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connect, "127.0.0.1", int(port), ssl=wrapped, reuse_address=True)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


handler = Handler()
asyncio.run(main())
