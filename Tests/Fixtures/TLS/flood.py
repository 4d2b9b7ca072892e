"""10,000 connections that say nothing, against a ledger behind TLS, in a network of its own. For the tests of the server.

usage: unshare -n python3 flood.py GCX CONFIG OPERATOR

The network's loopback interface has 10.9.0.0/16, so there are 65,000 peers. The ledger answers at https://10.9.0.1:4443. First one
peer opens all the connections, then each comes from a peer of its own; every fourth goes through its handshake, every fourth stops in
it, and the others send nothing at all. Meanwhile somebody else asks for the ledger's head. Prints one line of JSON for each flood.
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
import time

COUNT = 10_000
PLACE = ("10.9.0.1", 4443)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols(["http/1.1"])
    return made


CONTEXT = context()


def open_one(source, number):
    """A connection that is held, or None where it was refused."""
    plain = socket.socket()
    try:
        plain.settimeout(20)
        plain.bind((source, 0))
        plain.connect(PLACE)
        if number % 4 == 0:
            return CONTEXT.wrap_socket(plain)
        if number % 4 == 1:
            plain.send(b"\x16\x03\x01")
        return plain
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


def memory(process):
    """KiB that the process holds now, and held at the most."""
    with open(f"/proc/{process.pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmRSS"].split()[0]), int(fields["VmHWM"].split()[0])


def ask(program, ledger):
    """Seconds that an honest caller waited; None when he got no answer."""
    start = time.monotonic()
    done = subprocess.run([program, "ledger", "head", "--ledger", ledger], capture_output=True, timeout=120)
    return time.monotonic() - start if done.returncode == 0 else None


def source(kind, number):
    return "10.9.1.1" if kind == "one" else f"10.9.{2 + number // 250}.{1 + number % 250}"


def flood(kind, process, program, ledger):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        opening = pool.map(lambda number: open_one(source(kind, number), number), range(COUNT))
        waits = [ask(program, ledger) for _ in range(3)]
        held = [connection for connection in opening if connection]
    waits += [ask(program, ledger) for _ in range(3)]
    now, most = memory(process)
    left = sum(is_held(connection) for connection in held)
    for connection in held:
        connection.close()
    print(json.dumps({"kind": kind, "waits": waits, "held": left, "kib": now, "kibMax": most}), flush=True)


def start(program, config, ledger):
    process = subprocess.Popen([program, "ledger", "serve", "--config", config], stderr=subprocess.DEVNULL)
    for _ in range(100):
        if ask(program, ledger) is not None:
            return process
        time.sleep(0.1)
    raise SystemExit("the ledger does not answer")


def main(program, config, operator):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(most, 16_384), max(most, 16_384)))
    for words in (["link", "set", "lo", "up"], ["addr", "add", "10.9.0.1/16", "dev", "lo"]):
        subprocess.run(["ip", *words], check=True)
    ledger = f"https://{PLACE[0]}:{PLACE[1]}#{operator}"
    process = start(program, config, ledger)
    try:
        now, most = memory(process)
        print(json.dumps({"kind": "none", "waits": [ask(program, ledger)], "held": 0, "kib": now, "kibMax": most}))
        for kind in ("one", "many"):
            flood(kind, process, program, ledger)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


main(*sys.argv[1:])
