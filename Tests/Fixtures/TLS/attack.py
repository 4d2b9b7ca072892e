"""What a stranger may do behind TLS, for the tests of the server.

usage: attack.py PORT body|drip|session [TOKEN]

`body` announces 100 MB for a document and sends it as fast as it goes; `drip` sends a header byte by byte; `session` shows a token, and
no certificate in its handshake. Prints the first line of the answer, or `closed`, and how many bytes went out.
"""

import socket
import ssl
import sys
import time


def answer(connection):
    """The first line that has come, or None."""
    connection.setblocking(False)
    try:
        return connection.recv(4_096).split(b"\r\n")[0].decode() or "closed"
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    finally:
        connection.setblocking(True)


def pieces(kind, token):
    if kind == "body":
        yield b"POST /v1/leases HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\n"
        for _ in range(1_600):
            yield bytes(65_536)
    elif kind == "session":
        yield f"GET /v1/jobs HTTP/1.1\r\nHost: a\r\nAuthorization: {token}\r\n\r\n".encode()
        while True:
            time.sleep(0.05)
            yield b""
    else:
        yield b"GET /v1/status HTTP/1.1\r\nHost: a\r\nX: "
        while True:
            time.sleep(0.05)
            yield b"a"


def main(port, kind, token=""):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    sent, line = 0, None
    with socket.create_connection(("127.0.0.1", int(port)), 10) as plain, context.wrap_socket(plain) as connection:
        try:
            for piece in pieces(kind, token):
                connection.sendall(piece)
                sent += len(piece)
                line = answer(connection)
                if line:
                    break
        except OSError:
            line = "closed"
    print(line or "nothing", sent)


main(*sys.argv[1:])
