"""A second client for encrypted servers of gcx, written from the articles alone, with the standard library alone.

usage: client.py HOST PORT 0xADDRESS [NOW]
       client.py HOST PORT 0xADDRESS NOW ACCOUNT 0xCONTRACT

Connects, checks that whoever answers is bound by ADDRESS at the Unix time NOW, asks for /v1/status and prints the first line
of the answer. A server that is not bound gets no byte of a request: the reason goes to standard error, and the status is 1.

With ACCOUNT, a file that holds an account's private key in hexadecimal, and the ledger's CONTRACT it makes a TLS key of its own
(with the program openssl), signs a session for that key, and asks for /v1/jobs.
"""

import base64
import hashlib
import json
import secrets
import socket
import ssl
import subprocess
import sys
import tempfile
import time

EXTENSION = "1.2.840.113556.1.8000.2554.8096.25259.22519.18687.45647.10281291.8039513.1"
DAY = 86_400

# EIP-712, from Signed documents: a binding belongs to no ledger, so chain and contract are zero.
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
TYPE = ("EndpointBinding(address subject,bytes32 publicKey,string[] endpoints,string[] relays,uint64 notBefore,"
        "uint64 notAfter,uint64 sequence)")
SESSION = "ApiSession(address account,address session,address audience,uint64 issuedAt,uint64 expiresAt)"


def keccak(data):
    """Keccak-256 with the padding of before SHA-3."""
    rounds, rotations, mask = [], [[0] * 5 for _ in range(5)], (1 << 64) - 1
    register = 1
    for _ in range(24):
        constant = 0
        for step in range(7):
            if register & 1:
                constant |= 1 << (2**step - 1)
            register = (register << 1) ^ (0x171 if register >> 7 else 0)
        rounds.append(constant)
    x, y = 1, 0
    for step in range(24):
        rotations[x][y] = (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5

    def turn(value, count):
        return ((value << count) | (value >> (64 - count))) & mask if count else value

    state = [[0] * 5 for _ in range(5)]
    padded = bytearray(data + b"\x01" + b"\0" * (-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    for start in range(0, len(padded), 136):
        for lane in range(17):
            state[lane % 5][lane // 5] ^= int.from_bytes(padded[start + lane * 8:start + lane * 8 + 8], "little")
        for constant in rounds:
            column = [state[x][0] ^ state[x][1] ^ state[x][2] ^ state[x][3] ^ state[x][4] for x in range(5)]
            mixed = [column[(x + 4) % 5] ^ turn(column[(x + 1) % 5], 1) for x in range(5)]
            moved = [[0] * 5 for _ in range(5)]
            for x in range(5):
                for y in range(5):
                    moved[y][(2 * x + 3 * y) % 5] = turn(state[x][y] ^ mixed[x], rotations[x][y])
            state = [[moved[x][y] ^ (~moved[(x + 1) % 5][y] & mask & moved[(x + 2) % 5][y]) for y in range(5)]
                     for x in range(5)]
            state[0][0] ^= constant
    return b"".join(state[lane % 5][lane // 5].to_bytes(8, "little") for lane in range(4))


P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(count, point):
    total = None
    while count:
        if count & 1:
            total = add(total, point)
        point, count = add(point, point), count >> 1
    return total


def signer(digest, signature):
    r, s, v = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    if len(signature) != 65 or not 0 < r < N or not 0 < s <= N // 2 or v not in (27, 28):
        raise ValueError("the signature is none")
    y = pow(r**3 + 7, (P + 1) // 4, P)
    if y * y % P != (r**3 + 7) % P:
        raise ValueError("the signature is none")
    point = (r, y if y % 2 == v - 27 else P - y)
    inverse = pow(r, -1, N)
    key = add(times(s * inverse % N, point), times(-int.from_bytes(digest, "big") * inverse % N, G))
    if key is None:
        raise ValueError("the signature is none")
    return keccak(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:]


def address(point):
    return "0x" + keccak(point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big"))[12:].hex()


def sign(digest, key):
    once = 1 + secrets.randbelow(N - 1)
    x, y = times(once, G)
    r = x % N
    s = pow(once, -1, N) * (int.from_bytes(digest, "big") + r * key) % N
    odd = y % 2
    if s > N // 2:
        s, odd = N - s, 1 - odd
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + odd])


def word(value):
    return value.to_bytes(32, "big") if isinstance(value, int) else bytes.fromhex(value[2:]).rjust(32, b"\0")


def texts(values):
    return keccak(b"".join(keccak(value.encode()) for value in values))


def typed(contract, kind, words):
    domain = keccak(keccak(DOMAIN.encode()) + keccak(b"GCX") + keccak(b"1") + word(0) + word(contract))
    return keccak(b"\x19\x01" + domain + keccak(keccak(kind.encode()) + b"".join(words)))


def digest(binding):
    return typed(0, TYPE, [
        word(binding["subject"]), word(binding["publicKey"]), texts(binding["endpoints"]), texts(binding["relays"]),
        word(binding["notBefore"]), word(binding["notAfter"]), word(binding["sequence"])])


def parts(data):
    """The values within one of DER: tag, content, and the whole with its head."""
    place = 0
    while place < len(data):
        start, tag, length, place = place, data[place], data[place + 1], place + 2
        if length > 127:
            count = length - 128
            length, place = int.from_bytes(data[place:place + count], "big"), place + count
        yield tag, data[place:place + length], data[start:place + length]
        place += length


def dotted(data):
    numbers, value = [], 0
    for byte in data:
        value = value << 7 | byte & 127
        if byte < 128:
            numbers, value = numbers + [value], 0
    return ".".join(str(number) for number in [numbers[0] // 40, numbers[0] % 40] + numbers[1:])


def key_and_binding(certificate):
    """SHA-256 of the SubjectPublicKeyInfo, and the signed binding."""
    signed = next(parts(next(parts(certificate))[1]))[1]
    fields = [field for field in parts(signed)]
    key = hashlib.sha256(fields[6][2]).hexdigest()
    for tag, content, _ in fields[7:]:
        for extension in parts(next(parts(content))[1]) if tag == 0xA3 else []:
            inner = list(parts(extension[1]))
            if dotted(inner[0][1]) == EXTENSION:
                tag, text, _ = next(parts(inner[-1][1]))
                return "0x" + key, json.loads(text)
    raise ValueError("the certificate carries no binding")


def check(certificate, address, now):
    key, signed = key_and_binding(certificate)
    binding = signed["document"]
    if "0x" + signer(digest(binding), bytes.fromhex(signed["signature"][2:])).hex() != address.lower():
        raise ValueError(f"the binding is not signed by {address}")
    if binding["subject"] != address.lower():
        raise ValueError(f"the binding is not of {address}")
    if binding["publicKey"] != key:
        raise ValueError("the binding is for another key")
    if not 0 <= binding["notAfter"] - binding["notBefore"] <= DAY:
        raise ValueError("the binding lasts too long")
    if not binding["notBefore"] <= now <= binding["notAfter"]:
        raise ValueError("the binding does not hold now")


def show_own_key(context):
    """Shows a new key in the handshake; what a session names it by. Of the certificate nothing else is asked."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = f"{folder}/key", f"{folder}/certificate"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
             "-subj", "/CN=client", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context.load_cert_chain(certificate, key)
        with open(certificate, encoding="ascii") as file:
            signed = next(parts(next(parts(ssl.PEM_cert_to_DER_cert(file.read())))[1]))[1]
    return "0x" + hashlib.sha256(list(parts(signed))[6][2]).digest()[-20:].hex()


def session(key, shown, machine, contract, now):
    document = {"account": address(times(key, G)), "session": shown, "audience": machine.lower(), "issuedAt": now,
                "expiresAt": now + 600}
    signature = sign(typed(contract, SESSION, [word(value) for value in document.values()]), key)
    token = json.dumps({"document": document, "signature": "0x" + signature.hex()})
    return "GCX-Session " + base64.b64encode(token.encode()).decode()


def main(host, port, machine, now=None, account=None, contract=None):
    now = int(now or time.time())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    path, header = "/v1/status", ""
    if account:
        with open(account, encoding="ascii") as file:
            key = int(file.read(), 16)
        path, header = "/v1/jobs", f"Authorization: {session(key, show_own_key(context), machine, contract, now)}\r\n"
    with socket.create_connection((host, int(port)), 10) as plain, context.wrap_socket(plain) as connection:
        check(connection.getpeercert(True), machine, now)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: gcx\r\nConnection: close\r\n{header}\r\n".encode())
        print(connection.recv(4_096).split(b"\r\n")[0].decode())


try:
    main(*sys.argv[1:])
except (ValueError, OSError, subprocess.CalledProcessError) as error:
    sys.exit(f"client.py: {error}")
