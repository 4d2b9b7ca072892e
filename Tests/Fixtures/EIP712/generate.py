"""Writes the vectors beside this file with an independent implementation of everything that GCXSigning does.

Run it in a throwaway environment; the same inputs give the same bytes every time:

    python3 -m venv /tmp/vectors && /tmp/vectors/bin/pip install eth-account==0.14.0
    /tmp/vectors/bin/python Tests/Fixtures/EIP712/generate.py

Run it again when a document changes: the types below are written by hand from the documents' definitions, not read from
the Swift code, so that a slip on either side shows. Digests and signatures come from eth-account, keystores from
eth-keyfile, Keccak-256 from pycryptodome.
"""

import json
import random
import unicodedata
import uuid
from pathlib import Path

import eth_keyfile.keyfile as keyfile
from Crypto.Hash import keccak
from eth_account import Account
from eth_account._utils.encode_typed_data.encoding_and_hashing import encode_type
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_utils import to_checksum_address

HERE = Path(__file__).parent
SEED = "gcx vectors, first edition"
CASES_PER_TYPE = 100
ARRAY_MEMBERS_MAX = 3
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

PARTS = {
    "Resources": "uint32 cores,uint64 memoryBytes,uint64 storageBytes,uint32 gpus",
    "Rates": "uint256 leaseHour,uint256 coreHour,uint256 memoryGiBHour,uint256 gpuHour,uint256 storageGiBHour,"
    "uint256 egressGiB",
    "Fact": "string name,uint64 value,string unit,uint8 level,uint64 measuredAt",
    "Usage": "uint64 leaseNanoseconds,uint64 coreNanoseconds,uint256 memoryByteSeconds,uint64 gpuNanoseconds,"
    "uint256 storageByteSeconds,uint64 egressBytes",
    "Constraint": "string fact,uint64 minimum,uint64 maximum,uint8 levelMin",
    "OfferConduct": "string[] endpoints,uint64 signSeconds,uint64 idleSeconds,uint32 reservationPercent",
}

DOCUMENTS = {
    "ApiSession": "address account,address session,address audience,uint64 issuedAt,uint64 expiresAt",
    "AttestationRecord": "address machine,bytes32 inventory,uint64 measuredAt,string kernelVersion,Fact[] facts,"
    "string[] contradictions,bytes32 referenceTable,bytes32 samples",
    "ChallengeTranscript": "address machine,address challenger,bytes32 nonce,string kind,bytes32 commitment,"
    "bytes32 response,uint64 issuedAt,uint64 elapsedNanoseconds,Fact result,bool passed",
    "ClockOrder": "uint64 time,uint64 position,string reason",
    "CloseRequest": "bytes32 channel,address requester,uint64 requestedAt",
    "CreditIssue": "address account,uint256 amount,string reference,bytes32 nonce",
    "CreditRedemption": "address account,uint256 amount,string reference,bytes32 nonce",
    "Demand": "bytes32 demandID,uint64 revision,address buyer,uint64 issuedAt,uint64 expiresAt,uint64 startsFrom,"
    "uint64 startsUntil,uint64 durationSeconds,Resources resources,Constraint[] constraints,uint256 hourlyMax,"
    "uint256 budget,string[] regions,uint8 isolationMin,address[] allow,address[] deny",
    "EndpointBinding": "address subject,bytes32 publicKey,string[] endpoints,string[] relays,uint64 notBefore,"
    "uint64 notAfter,uint64 sequence",
    "FaucetGrant": "address account,uint256 amount,bytes32 nonce",
    "LeaseTerms": "bytes32 offer,bytes32 demand,address payer,address payee,address machine,address session,"
    "Resources resources,Rates rates,uint64 startsAt,uint64 endsAt,uint256 deposit,uint256 burst,uint256 hourlyCap,"
    "uint64 closeWindowSeconds,uint64 receiptSeconds,uint256 creditLimit,uint64 graceSeconds,bytes32 salt",
    "MachineGrant": "address owner,address machine,string label,uint64 issuedAt,uint64 expiresAt,bytes32 nonce",
    "Offer": "bytes32 offerID,uint64 revision,address owner,address machine,bytes32 grant,uint64 issuedAt,"
    "uint64 expiresAt,uint64 availableFrom,uint64 availableUntil,uint64 leaseSecondsMin,uint64 leaseSecondsMax,"
    "uint64 receiptSeconds,uint64 graceSeconds,uint64 closeWindowSeconds,uint256 creditLimit,string region,"
    "uint8 isolation,Resources capacity,Rates rates,Fact[] facts,bytes32 attestation,bytes32 referenceTable,"
    "address[] allow,address[] deny",
    "Rating": "bytes32 lease,address rater,address ratee,uint8 stars,string comment,uint64 ratedAt",
    "Receipt": "bytes32 lease,uint64 sequence,bytes32 previous,string bootID,uint64 periodStartNanoseconds,"
    "uint64 periodEndNanoseconds,uint64 issuedAt,Usage usage,uint256 amount,bytes32 logDigest,bytes32 samplesDigest,"
    "bool isFinal,string[] events",
    "RelayRegistration": "string relay,address machine,bytes32 nonce,uint64 at",
    "SessionRevocation": "address account,address audience,bytes32 session,uint64 at",
    "SignOfLife": "address machine,bytes32 offer,uint64 at,bool isLeaving",
    "TopUp": "bytes32 channel,uint256 deposit",
    "TreeHead": "uint64 size,bytes32 root,bytes32 chain,uint64 timestamp",
    "Voucher": "bytes32 channel,uint256 cumulative,bytes32 receipt",
    "Withdrawal": "bytes32 subject,string reason,uint64 issuedAt",
}

# Later editions of a document: more members, and so another type of the same name. File, name, definition.
EDITIONS = {"Offer2": ("Offer", DOCUMENTS["Offer"] + ",OfferConduct conduct")}

DOMAIN = "string name,string version,uint256 chainId,address verifyingContract"

# Members that are an enumeration in the documents: their largest case.
ENUMERATIONS = {"level": 4, "levelMin": 4, "isolation": 2, "isolationMin": 2}

# Text that goes wrong easily: empty, quotes, controls, composed and decomposed, right to left, beyond the BMP, joiners.
TEXTS = ["", "eu-north", "\"quoted\" \\ back/slash", "tab\tline\nnul\u0000bell\u0007", "caf\u00e9", "cafe\u0301",
         "\u0627\u0644\u0633\u0639\u0631", "\U0001f5a5\ufe0f\U0001f468\u200d\U0001f4bb", "\uac00\u1100\u1161", "\u2028\u2029\ufeff", "\U0010ffff", "a" * 137]


def members(definition):
    return [dict(zip(("type", "name"), member.split(" "))) for member in definition.split(",")]


TYPES = {name: members(definition) for name, definition in {**PARTS, **DOCUMENTS}.items()}


def types_for(primary):
    reached = {primary}
    for member in TYPES[primary]:
        base = member["type"].removesuffix("[]")
        if base in TYPES:
            reached |= types_for(base)
    return reached


def random_hex(rng, count):
    if rng.random() < 0.1:
        return "0x" + rng.choice(["00", "ff"]) * count
    return "0x" + rng.randbytes(count).hex()


def random_integer(rng, bits):
    edges = [0, 1, 2**bits - 1, 2 ** (bits - 1), 2**53 + 1 if bits > 53 else 2**bits - 2]
    return rng.choice(edges) if rng.random() < 0.3 else rng.getrandbits(rng.randint(1, bits))


def random_text(rng):
    if rng.random() < 0.5:
        return rng.choice(TEXTS)
    alphabet = "abcxyz019 .-_/\u00e5\u00df\u0416\u4e2d\U0001f600"
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(0, 24)))


def random_value(rng, type_, name):
    """The member as the documents' JSON carries it: amounts as decimal text, narrower integers as numbers."""
    if type_.endswith("[]"):
        count = rng.randint(0, ARRAY_MEMBERS_MAX)
        return [random_value(rng, type_.removesuffix("[]"), name) for _ in range(count)]
    if type_ in TYPES:
        return {member["name"]: random_value(rng, member["type"], member["name"]) for member in TYPES[type_]}
    if name in ENUMERATIONS:
        return rng.randint(0, ENUMERATIONS[name])
    if type_ == "uint256":
        return str(random_integer(rng, 128))
    if type_.startswith("uint"):
        return random_integer(rng, int(type_.removeprefix("uint")))
    return {
        "bytes32": lambda: random_hex(rng, 32),
        "address": lambda: random_hex(rng, 20),
        "bool": lambda: rng.random() < 0.5,
        "string": lambda: random_text(rng),
    }[type_]()


def random_domain(rng):
    chain_id = rng.choice([0, 1, 31337, 2**53 + 1, 2**64 - 1, rng.getrandbits(64)])
    return {"chainId": chain_id, "verifyingContract": random_hex(rng, 20)}


def random_key(rng):
    edges = [1, CURVE_ORDER - 1]
    number = rng.choice(edges) if rng.random() < 0.05 else rng.randint(1, CURVE_ORDER - 1)
    return "0x" + number.to_bytes(32, "big").hex()


def for_wallet(value):
    """Numbers as text and addresses with their checksum, as a wallet is shown them."""
    if isinstance(value, dict):
        return {name: for_wallet(member) for name, member in value.items()}
    if isinstance(value, list):
        return [for_wallet(member) for member in value]
    if isinstance(value, str) and value.startswith("0x") and len(value) == 42:
        return to_checksum_address(value)
    return str(value) if type(value) is int else value


def typed_data(primary, domain, message):
    types = {name: TYPES[name] for name in sorted(types_for(primary))}
    types["EIP712Domain"] = members(DOMAIN)
    return {
        "types": types,
        "primaryType": primary,
        "domain": for_wallet({"name": "GCX", "version": "1", **domain}),
        "message": for_wallet(message),
    }


def case(rng, primary):
    domain, message, key = random_domain(rng), random_value(rng, primary, ""), random_key(rng)
    signable = encode_typed_data(full_message=typed_data(primary, domain, message))
    signed = Account.sign_message(signable, key)
    return {
        "domain": domain,
        "privateKey": key,
        "message": message,
        "separator": "0x" + signable.header.hex(),
        "structHash": "0x" + signable.body.hex(),
        "digest": "0x" + _hash_eip191_message(signable).hex(),
        "signature": "0x" + bytes(signed.signature).hex(),
        "signer": Account.from_key(key).address,
    }


def document(rng, primary):
    types = {name: TYPES[name] for name in types_for(primary)}
    encoded = encode_type(primary, types)
    cases = [case(rng, primary) for _ in range(CASES_PER_TYPE)]
    return {
        "type": primary,
        "encodeType": encoded,
        "typeHash": keccak_hex(encoded.encode()),
        "wallet": typed_data(primary, cases[0]["domain"], cases[0]["message"]),
        "cases": cases,
    }


def keccak_hex(data):
    return "0x" + keccak.new(digest_bits=256, data=data).hexdigest()


def keccak_cases(rng):
    """Short inputs, the borders of the 136-byte block, and longer ones; byte i of an input is i * 7 + length."""
    lengths = [0, 1, 3, 31, 32, 33, 64, 134, 135, 136, 137, 138, 271, 272, 273, 407, 408, 409, 1000, 4096, 100_003]
    counted = [(n, bytes((i * 7 + n) % 256 for i in range(n))) for n in lengths]
    texts = ["", "abc", "Transfer(address,address,uint256)", *TEXTS]
    return {
        "counted": [{"length": n, "digest": keccak_hex(data)} for n, data in counted],
        "cases": [{"text": text, "digest": keccak_hex(text.encode())} for text in texts],
    }


def addresses(rng):
    def one():
        key = random_key(rng)
        return {"privateKey": key, "address": Account.from_key(key).address}

    return {"cases": [one() for _ in range(CASES_PER_TYPE)]}


def keystore(rng, kdf, work, password, curve):
    # The file is for the password in normal form KC; the test types the other spelling.
    keyfile.Random.get_random_bytes = rng.randbytes
    keyfile.uuid4 = lambda: uuid.UUID(bytes=rng.randbytes(16), version=4)
    keyfile.SCRYPT_R, keyfile.SCRYPT_P = curve
    key = random_key(rng)
    stored = unicodedata.normalize("NFKC", password).encode()
    file = keyfile.create_keyfile_json(bytes.fromhex(key[2:]), stored, kdf=kdf, iterations=work, salt_size=32)
    return {"password": password, "privateKey": key, "address": Account.from_key(key).address, "keystore": file}


def keystores(rng):
    wanted = [
        ("scrypt", 4096, "correct horse battery staple", (8, 1)),
        ("scrypt", 4096, "p\u00e4ssw\u00f6rd", (8, 1)),
        # Decomposed, a ligature, and a full-width digit: three spellings that form KC folds.
        ("scrypt", 4096, "pa\u0308sswo\u0308rd \ufb01le \uff11", (8, 1)),
        ("scrypt", 2048, "p of eight", (1, 8)),
        ("scrypt", 4096, "\U0001f511\u9375", (8, 6)),
        ("pbkdf2", 2000, "correct horse battery staple", (8, 1)),
        ("pbkdf2", 1, "p\u00e4ssw\u00f6rd", (8, 1)),
    ]
    return {"cases": [keystore(rng, *one) for one in wanted]}


def write(name, vectors):
    """One case a line, so that a change of one case is one line of a diff."""
    head = {key: value for key, value in vectors.items() if key != "cases"}

    def compact(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    lines = [f"{compact(key)}:{compact(value)}," for key, value in head.items()]
    lines += ['"cases":[', ",\n".join(compact(one) for one in vectors["cases"]), "]"]
    (HERE / f"{name}.json").write_text("{" + "\n".join(lines) + "}\n", encoding="utf-8")


def main():
    for name in DOCUMENTS:
        write(name, document(random.Random(f"{SEED}: {name}"), name))
    for file, (name, definition) in EDITIONS.items():
        first, TYPES[name] = TYPES[name], members(definition)
        write(file, document(random.Random(f"{SEED}: {file}"), name))
        TYPES[name] = first
    for name, make in {"keccak": keccak_cases, "addresses": addresses, "keystores": keystores}.items():
        write(name, make(random.Random(f"{SEED}: {name}")))


main()
