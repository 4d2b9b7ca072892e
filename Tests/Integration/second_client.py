#!/usr/bin/env python3
"""A buyer that shares no line with gcx: it knows eth-account, Python's standard library and Config/openapi.json.

It posts a demand, finds an offer, makes the terms, has the machine sign them, opens the lease, uploads an image, runs a job,
follows log and receipts, checks each receipt and answers it with a voucher, fetches the output, and waits for the refund.

usage: second_client.py --document openapi.json --ledger ENDPOINT --agent ENDPOINT --keystore FILE --password-file FILE
                        --image DIRECTORY --output FILE -- COMMAND...

An endpoint is `unix:/path` or `http://127.0.0.1:PORT`. What happened is written to standard output as JSON.
"""

import argparse
import base64
import hashlib
import http.client
import io
import json
import os
import re
import socket
import struct
import tarfile
import time
import urllib.parse
from fractions import Fraction

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

ZERO = "0x" + "00" * 32
HOUR_NANOSECONDS = 3_600_000_000_000
GIB = 1 << 30
PATIENCE_SECONDS = 120


class Refused(Exception):
    """A problem document."""

    def __init__(self, status, body):
        self.status = status
        self.problem = json.loads(body)
        super().__init__(f"{status} {self.problem['code']}: {self.problem['detail']}")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Server:
    """The calls of one server by the names that the document gives them."""

    def __init__(self, document, tag, endpoint):
        self.endpoint = endpoint
        self.calls = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if tag in operation["tags"]
        }
        self.session = None

    def call(self, name, body=None, content=None, query=None, **variables):
        """The answer's body and headers. What the server puts off is asked again when it says."""
        method, path, operation = self.calls[name]
        for variable, value in variables.items():
            assert f"{{{variable}}}" in path, f"{path} has no {variable}"
            path = path.replace(f"{{{variable}}}", value)
        known = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        assert set(query or {}) <= known, f"{name} has no {set(query) - known}"
        if query:
            path += "?" + urllib.parse.urlencode(query)
        headers = {}
        if "security" in operation:
            headers["Authorization"] = self.session
        if body is not None:
            content = json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = next(iter(operation["requestBody"]["content"]))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, answered, answer = self.once(method, path, content, headers)
            if status < 400:
                return answer, answered
            assert answered["content-type"] == "application/problem+json", answered["content-type"]
            if "retry-after" not in answered or time.monotonic() > deadline:
                raise Refused(status, answer)
            time.sleep(int(answered["retry-after"]))

    def once(self, method, path, content, headers):
        scheme, place = self.endpoint.split(":", 1)
        connection = UnixConnection(place) if scheme == "unix" else http.client.HTTPConnection(place.strip("/"))
        try:
            connection.request(method, path, body=content, headers=headers)
            response = connection.getresponse()
            return response.status, {key.lower(): value for key, value in response.getheaders()}, response.read()
        finally:
            connection.close()

    def json(self, name, **arguments):
        return json.loads(self.call(name, **arguments)[0])

    def list(self, name, query=None, **arguments):
        """All items of a list: each page names the next."""
        query = dict(query or {})
        while True:
            body, headers = self.call(name, query=query, **arguments)
            yield from json.loads(body)
            if "gcx-next" not in headers:
                return
            query["from"] = headers["gcx-next"]


class Signing:
    """EIP-712 as the document writes it down, in the domain of one ledger."""

    def __init__(self, document, domain):
        self.schemas = document["components"]["schemas"]
        self.domain = {**document["x-eip712-domain"], **domain}

    def types(self, name, edition):
        structs = re.findall(r"(\w+)\(([^)]*)\)", self.schemas[name][edition])
        return {
            struct_name: [dict(zip(("type", "name"), member.split(" "))) for member in members.split(",")]
            for struct_name, members in structs
        }

    def signable(self, name, message):
        later = "x-eip712-with-conduct"
        types = self.types(name, later if later in self.schemas[name] and "conduct" in message else "x-eip712")

        def value(type_, given):
            if type_.endswith("[]"):
                return [value(type_.removesuffix("[]"), one) for one in given]
            if type_ in types:
                return {member["name"]: value(member["type"], given[member["name"]]) for member in types[type_]}
            return int(given) if type_.startswith("uint") else given

        domain = [("string", "name"), ("string", "version"), ("uint256", "chainId"), ("address", "verifyingContract")]
        return encode_typed_data(full_message={
            "types": {**types, "EIP712Domain": [{"type": type_, "name": one} for type_, one in domain]},
            "primaryType": name, "domain": self.domain, "message": value(name, message),
        })

    def digest(self, name, message):
        signable = self.signable(name, message)
        return "0x" + keccak(b"\x19" + signable.version + signable.header + signable.body).hex()

    def sign(self, name, message, account):
        signature = account.sign_message(self.signable(name, message)).signature
        return "0x" + bytes(signature).hex()

    def signed(self, name, message, account):
        return {"document": message, "signature": self.sign(name, message, account)}

    def require(self, name, message, signature, signer):
        found = Account.recover_message(self.signable(name, message), signature=signature).lower()
        assert found == signer, f"{name} is signed by {found}, not by {signer}"


def owed(usage, rates):
    """What usage comes to, rounded down once."""
    per_hour = [("leaseNanoseconds", "leaseHour"), ("coreNanoseconds", "coreHour"), ("gpuNanoseconds", "gpuHour")]
    per_gib_hour = [("memoryByteSeconds", "memoryGiBHour"), ("storageByteSeconds", "storageGiBHour")]
    total = sum(Fraction(int(usage[used]) * int(rates[rate]), HOUR_NANOSECONDS) for used, rate in per_hour)
    total += sum(Fraction(int(usage[used]) * int(rates[rate]), 3_600 * GIB) for used, rate in per_gib_hour)
    return int(total + Fraction(int(usage["egressBytes"]) * int(rates["egressGiB"]), GIB))


def full_use(resources, rates, seconds):
    """The most that so long can cost, rounded up."""
    nanoseconds = seconds * 1_000_000_000
    return 1 + owed({
        "leaseNanoseconds": nanoseconds, "coreNanoseconds": nanoseconds * resources["cores"],
        "gpuNanoseconds": nanoseconds * resources["gpus"], "memoryByteSeconds": resources["memoryBytes"] * seconds,
        "storageByteSeconds": resources["storageBytes"] * seconds, "egressBytes": 0,
    }, rates)


def salt():
    return "0x" + os.urandom(32).hex()


class Buyer:
    def __init__(self, options):
        with open(options.document) as file:
            document = json.load(file)
        self.ledger = Server(document, "ledger", options.ledger)
        self.agent = Server(document, "agent", options.agent)
        self.identity = self.ledger.json("ledgerIdentity")
        self.signing = Signing(document, self.identity["domain"])
        with open(options.keystore) as keystore, open(options.password_file) as password:
            self.key = Account.from_key(Account.decrypt(keystore.read(), password.read().rstrip("\n")))
        self.address = self.key.address.lower()
        # Signs the vouchers and speaks to the agent, and nothing else.
        self.session = Account.create()
        self.options = options

    def post(self, kind, body):
        return self.ledger.json("postEntry", body={"kind": kind, "body": body})

    def demand(self, seconds=120):
        now = self.ledger.json("ledgerIdentity")["ledgerTime"]
        demand = {
            "demandID": salt(), "revision": 1, "buyer": self.address, "issuedAt": now, "expiresAt": now + 600,
            "startsFrom": now, "startsUntil": now + 600, "durationSeconds": seconds,
            "resources": {"cores": 1, "memoryBytes": 64 << 20, "storageBytes": 32 << 20, "gpus": 0},
            "constraints": [], "hourlyMax": "90000000", "budget": "3000000", "regions": [], "isolationMin": 0,
            "allow": [], "deny": [],
        }
        self.post("demand", self.signing.signed("Demand", demand, self.key))
        return demand, self.signing.digest("Demand", demand)

    def match(self, demand):
        """The cheapest live offer that has what is wanted, free for the whole time."""
        found = []
        for record in self.ledger.list("offers", query={"live": "true"}):
            offer = record["signed"]["document"]
            assert record["digest"] == self.signing.digest("Offer", offer)
            self.signing.require("Offer", offer, record["signed"]["signature"], offer["machine"])
            start = max(demand["startsFrom"], offer["availableFrom"])
            free = self.ledger.json(
                "freeCapacity", digest=record["digest"],
                query={"from": start, "until": start + demand["durationSeconds"]})
            price = full_use(demand["resources"], offer["rates"], 3_600)
            fits = all(free[name] >= wanted for name, wanted in demand["resources"].items())
            long_enough = offer["leaseSecondsMin"] <= demand["durationSeconds"] <= offer["leaseSecondsMax"]
            if fits and long_enough and price <= int(demand["hourlyMax"]):
                found.append((price, record["digest"], offer, start))
        assert found, "no offer serves the demand"
        return min(found, key=lambda one: one[:2])[1:]

    def ask_in_vain(self):
        try:
            self.ledger.json("lease", digest=ZERO)
        except Refused as error:
            assert error.status == error.problem["status"] == 404 and error.problem["remedy"], error.problem
            return error.problem["type"]

    def open(self):
        demand, demand_digest = self.demand()
        offer_digest, offer, start = self.match(demand)
        resources, rates = demand["resources"], offer["rates"]
        credit = min(int(offer["creditLimit"]), full_use(resources, rates, 3 * offer["receiptSeconds"]))
        self.terms = {
            "offer": offer_digest, "demand": demand_digest, "payer": self.address, "payee": offer["owner"],
            "machine": offer["machine"], "session": self.session.address.lower(), "resources": resources,
            "rates": rates, "startsAt": start, "endsAt": start + demand["durationSeconds"],
            "deposit": str(min(int(demand["budget"]), full_use(resources, rates, demand["durationSeconds"]) + credit)),
            "burst": str(full_use(resources, rates, offer["receiptSeconds"]) + credit),
            "hourlyCap": str(full_use(resources, rates, 3_600)),
            "closeWindowSeconds": offer["closeWindowSeconds"], "receiptSeconds": offer["receiptSeconds"],
            "creditLimit": str(credit), "graceSeconds": offer["graceSeconds"], "salt": salt(),
        }
        self.lease = self.signing.digest("LeaseTerms", self.terms)
        proposal = {"terms": self.terms, "payerSignature": self.signing.sign("LeaseTerms", self.terms, self.key)}
        signed = self.agent.json("proposeLease", body=proposal)
        assert signed["terms"] == self.terms, "the machine signed other terms"
        self.signing.require("LeaseTerms", self.terms, signed["machineSignature"], self.terms["machine"])
        self.post("leaseOpened", signed)
        assert self.ledger.json("lease", digest=self.lease)["escrow"]["open"]["deposit"] == self.terms["deposit"]

    def log_in(self):
        now = int(time.time())
        session = {
            "account": self.address, "session": self.address, "audience": self.terms["machine"],
            "issuedAt": now, "expiresAt": now + 3_600,
        }
        token = json.dumps(self.signing.signed("ApiSession", session, self.key)).encode()
        self.agent.session = "GCX-Session " + base64.b64encode(token).decode()

    def submit(self):
        image = io.BytesIO()
        with tarfile.open(fileobj=image, mode="w") as tar:
            tar.add(self.options.image, arcname=".")
        sent = image.getvalue()
        assert self.agent.json("upload", content=sent, lease=self.lease, kind="image")["bytes"] == len(sent)
        job = {"command": self.options.command, "environment": {}, "imageFormat": "rootfs", "wallSecondsMax": 60}
        self.agent.json("submitJob", body=job, lease=self.lease)

    def check(self, signed, last):
        """A receipt follows on the last one and asks for no more than its usage comes to."""
        receipt = signed["document"]
        self.signing.require("Receipt", receipt, signed["signature"], self.terms["machine"])
        assert receipt["lease"] == self.lease
        assert receipt["sequence"] == (last["sequence"] if last else 0) + 1
        assert receipt["previous"] == (self.signing.digest("Receipt", last) if last else ZERO)
        for name, used in receipt["usage"].items():
            assert int(used) >= int(last["usage"][name] if last else 0), f"{name} fell"
        assert int(receipt["amount"]) == owed(receipt["usage"], self.terms["rates"])
        assert int(receipt["amount"]) <= int(self.terms["deposit"])
        return receipt

    def vouch(self, receipt):
        voucher = {
            "channel": self.lease, "cumulative": receipt["amount"],
            "receipt": self.signing.digest("Receipt", receipt),
        }
        answer = self.agent.json(
            "acceptVoucher", body=self.signing.signed("Voucher", voucher, self.session), lease=self.lease)
        assert (answer["lease"], answer["cumulative"]) == (self.lease, receipt["amount"])

    def attend(self):
        """Follows receipts and log until the final receipt, which is checked and not yet paid."""
        self.receipts, self.log, self.place, after = [], b"", 0, "0"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            assert time.monotonic() < deadline, "there is no final receipt"
            body, headers = self.agent.call("receipts", lease=self.lease, query={"after": after, "wait": 5})
            after = headers.get("gcx-next", after)
            page = json.loads(body)
            for signed in page:
                self.receipts.append(self.check(signed, self.receipts[-1] if self.receipts else None))
            self.read_log()
            if page and self.receipts[-1]["isFinal"]:
                return self.receipts[-1]
            if page:
                self.vouch(self.receipts[-1])

    def read_log(self):
        while True:
            page, headers = self.agent.call("jobLog", lease=self.lease, query={"from": self.place})
            assert int(headers["gcx-log-start"]) == self.place
            self.log, self.place = self.log + page, int(headers["gcx-log-next"])
            if not page:
                return headers["gcx-log-ended"] == "true"

    def output_lines(self, final):
        """The records of the log, whose chain ends in what the machine signed; standard output of them."""
        head, place, output = bytes(32), 0, b""
        while place < len(self.log):
            stream, length = struct.unpack_from("<II", self.log, place)
            end = place + 24 + length
            head = hashlib.sha256(head + self.log[place:end]).digest()
            assert self.log[end:end + 8] == head[:8], f"the record at {place} was changed"
            output += self.log[place + 24:end] if stream == 1 else b""
            place = end + 8
        assert "0x" + head.hex() == final["logDigest"], "the log is not the one that was signed"
        return output.decode()

    def fetch_output(self):
        tar, headers = self.agent.call("jobOutput", lease=self.lease)
        if not tar:
            return None
        digest = hashlib.sha256(tar).hexdigest()
        statement = f"output sha256:{digest} of {len(tar)} bytes"
        assert headers["etag"] == f'"sha256:{digest}"'
        assert any(statement in receipt["events"] for receipt in self.receipts), "the output is not the one that was signed"
        with open(self.options.output, "wb") as file:
            file.write(tar)
        return digest

    def wait_for_refund(self, final):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "closed" not in (escrow := self.ledger.json("lease", digest=self.lease)["escrow"]):
            assert time.monotonic() < deadline, "the lease is not closed"
            time.sleep(0.2)
        assert escrow["closed"]["settled"] == final["amount"], "another sum was paid"
        assert int(escrow["closed"]["settled"]) + int(escrow["closed"]["refunded"]) == int(self.terms["deposit"])
        assert self.lease in [record["id"] for record in self.ledger.list("leasesOfParty", address=self.address)]

    def run(self):
        assert self.ask_in_vain() == "urn:gcx:problem:leaseUnknown"
        self.open()
        self.log_in()
        self.submit()
        final = self.attend()
        while not self.read_log():
            time.sleep(0.1)
        lines = self.output_lines(final)
        output = self.fetch_output()
        self.vouch(final)
        self.wait_for_refund(final)
        status = self.agent.json("job", lease=self.lease)
        assert self.lease in [one["lease"] for one in self.agent.list("jobs")]
        return {
            "lease": self.lease, "exit": status["exit"], "log": lines, "output": output, "paid": final["amount"],
            "receipts": len(self.receipts),
        }


def main():
    parser = argparse.ArgumentParser()
    for name in ["document", "ledger", "agent", "keystore", "password-file", "image", "output"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("command", nargs="+")
    print(json.dumps(Buyer(parser.parse_args()).run()))


main()
