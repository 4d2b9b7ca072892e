"""10,000 connections that mean no good, against a ledger and an agent behind TLS, in a network of their own. For the tests of both.

usage: unshare -n python3 flood.py GCX CONFIG OPERATOR MACHINE

The network's loopback interface has 10.9.0.0/16, so there are 65,000 peers. The ledger answers at https://10.9.0.1:4443, and the
agent at https://10.9.0.2:4443. At each door one peer opens all the connections first, then each comes from a peer of its own. Of eight,
two go through their handshake, of which one begins a request's head and says a byte of it now and then; two stop in it; and the others
send nothing at all. Meanwhile bodies of 100 MB are announced and sent as fast as they go, and somebody else asks an honest question.
Prints one line of JSON for each flood.
"""

import concurrent.futures
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

COUNT = 10_000
#: Bytes that are announced for a document, and how many do so at once.
BODY, BODIES = 100 << 20, 8
#: Connections that are being opened at once, by who opens them. Many peers at four times this rate fill the room where connections wait
#: for a place, and then some honest ones are told to come again.
OPENERS = {"one": 64, "many": 16}


class Door:
    """A server, and an honest question to it."""

    def __init__(self, name, host, path, words, serving):
        """The path is one that documents are posted to."""
        self.name, self.place, self.path = name, (host, 4443), path
        self.words = words
        self.process = subprocess.Popen(serving, stderr=subprocess.DEVNULL)

    def memory(self):
        """KiB that the process holds now, and held at the most."""
        with open(f"/proc/{self.process.pid}/status") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["VmRSS"].split()[0]), int(fields["VmHWM"].split()[0])

    def ask(self):
        """Seconds that an honest caller waited; None when he got no answer."""
        start = time.monotonic()
        done = subprocess.run(self.words, capture_output=True, timeout=120)
        return time.monotonic() - start if done.returncode == 0 else None

    def wait(self):
        for _ in range(100):
            if self.ask() is not None:
                return
            time.sleep(0.1)
        raise SystemExit(f"the {self.name} does not answer")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols(["http/1.1"])
    return made


CONTEXT = context()


def open_one(door, source, number):
    """A connection that is held, or None where it was refused."""
    plain = socket.socket()
    try:
        plain.settimeout(20)
        plain.bind((source, 0))
        plain.connect(door.place)
        if number % 4 == 1:
            plain.send(b"\x16\x03\x01")
        if number % 4 != 0:
            return plain
        secure = CONTEXT.wrap_socket(plain)
        if number % 8 == 0:
            secure.sendall(b"GET /v1/status HTTP/1.1\r\nHost: a\r\nX: ")
        return secure
    except OSError:
        plain.close()
        return None


def is_held(connection):
    connection.setblocking(False)
    try:
        return connection is not None and connection.recv(1) != b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


def drip(held, over):
    """A byte more of each head that was begun, again and again."""
    while not over.wait(1):
        for connection in [one for one in held if isinstance(one, ssl.SSLSocket)]:
            try:
                connection.sendall(b"a")
            except OSError:
                pass


def send_body(door, source):
    """Bytes of a body of 100 MB that went out before it was refused, or the connection closed."""
    sent = 0
    try:
        with socket.create_connection(door.place, 20, (source, 0)) as plain, CONTEXT.wrap_socket(plain) as connection:
            connection.sendall(f"POST {door.path} HTTP/1.1\r\nHost: a\r\nContent-Length: {BODY}\r\n\r\n".encode())
            while sent < BODY:
                connection.sendall(bytes(65_536))
                sent += 65_536
                if is_refused(connection):
                    break
    except OSError:
        pass
    return sent


def is_refused(connection):
    """Whether an answer has come, which must be a refusal."""
    connection.settimeout(0)
    try:
        answer = connection.recv(4_096)
        if answer and not answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 503")):
            raise SystemExit(f"a body of 100 MB was answered with {answer[:60]}")
        return True
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    finally:
        connection.settimeout(20)


def source(kind, number):
    return "10.9.1.1" if kind == "one" else f"10.9.{2 + number // 250}.{1 + number % 250}"


def flood(kind, door):
    """One line about a crowd at a door."""
    held, over = [], threading.Event()
    dripping = threading.Thread(target=drip, args=(held, over))
    dripping.start()
    with concurrent.futures.ThreadPoolExecutor(OPENERS[kind]) as pool:
        bodies = [pool.submit(send_body, door, source(kind, number)) for number in range(BODIES)]
        opening = [pool.submit(open_one, door, source(kind, number), number) for number in range(COUNT)]
        waits = [door.ask() for _ in range(2)]
        for one in concurrent.futures.as_completed(opening):
            if one.result():
                held.append(one.result())
    waits += [door.ask() for _ in range(2)]
    over.set()
    dripping.join()
    now, most = door.memory()
    left = sum(is_held(connection) for connection in held)
    for connection in held:
        connection.close()
    taken = max(body.result() for body in bodies)
    report(door, kind, waits, left, now, most, taken)


def report(door, kind, waits, held, now, most, taken):
    line = {"door": door.name, "kind": kind, "waits": waits, "held": held, "kib": now, "kibMax": most, "taken": taken}
    print(json.dumps(line), flush=True)


def grant(program, folder, machine, ledger):
    """Lets the machine sell, without which no agent runs."""
    words = ["key", "grant", "--key", f"{folder}/owner.json", "--password-file", f"{folder}/password", "--machine", machine]
    subprocess.run([program, *words, "--days", "1", "--out", f"{folder}/grant.json", "--ledger", ledger], check=True, stdout=subprocess.DEVNULL)


def main(program, config, operator, machine):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(most, 16_384), max(most, 16_384)))
    for words in (["link", "set", "lo", "up"], ["addr", "add", "10.9.0.1/16", "dev", "lo"]):
        subprocess.run(["ip", *words], check=True)
    ledger = f"https://10.9.0.1:4443#{operator}"
    agent = f"https://10.9.0.2:4443#{machine}"
    doors = []
    try:
        doors.append(
            Door("ledger", "10.9.0.1", "/v1/entries", [program, "ledger", "head", "--ledger", ledger], [program, "ledger", "serve", "--config", config]))
        doors[0].wait()
        grant(program, os.path.dirname(config), machine, ledger)
        doors.append(
            Door("agent", "10.9.0.2", "/v1/leases", [program, "agent", "status", "--agent", agent], [program, "agent", "run", "--config", config]))
        doors[1].wait()
        for door in doors:
            report(door, "none", [door.ask()], 0, *door.memory(), 0)
            for kind in ("one", "many"):
                flood(kind, door)
    finally:
        for door in reversed(doors):
            door.end()


main(*sys.argv[1:])
