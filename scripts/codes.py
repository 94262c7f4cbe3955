#!/usr/bin/env python3
"""The codes of docs/codes.md once more, by somebody who has only read that page.

`scripts/codes.py make > tests/data/codes.json` writes test vectors, which the Rust tests check against their
own code; `scripts/codes.py check tests/data/codes.json` reads them back. It needs `cryptography` from PyPI.
"""

import base64
import hashlib
import hmac
import json
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNED, ROTATING, STEP = 0xC1, 0xC2, 30


def written(code: bytes) -> str:
    return base64.b32encode(code).decode().rstrip("=")


def read(text: str) -> bytes:
    return base64.b32decode(text + "=" * (-len(text) % 8))


def signed(seed, number, pass_id, not_before, not_after, areas) -> str:
    claims = struct.pack(
        ">BBQIIQH", SIGNED, number, pass_id, not_before, not_after, areas, 0
    )
    return written(claims + Ed25519PrivateKey.from_private_bytes(seed).sign(claims))


def claims_of(text: str, public: bytes):
    code = read(text)
    if len(code) != 92 or code[0] != SIGNED:
        return None
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(code[28:], code[:28])
    except InvalidSignature:
        return None
    return struct.unpack(">QIIQ", code[2:26])


def mac(link: bytes, pass_id: int, step: int) -> bytes:
    text = b"rotating code\x00" + f"{pass_id} {step}".encode()
    return hmac.new(link, text, hashlib.sha256).digest()[:5]


def rotating(link: bytes, pass_id: int, at: int) -> str:
    step = at // STEP
    head = struct.pack(">BQH", ROTATING, pass_id, step & 0xFFFF)
    return written(head + mac(link, pass_id, step))


def make():
    seed, link = bytes(range(32)), bytes(range(32, 64))
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    # 2026-03-02, 14:00 to 16:00 on campus.
    visit = (1772431200, 1772438400)
    passes = [(1628957678243860481, 3, 8), (1, 255, 2**64 - 1), (2**63 - 1, 0, 2**63)]
    return {
        "seed": seed.hex(),
        "public": key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex(),
        "link_key": link.hex(),
        "signed": [
            {
                "number": number,
                "pass": str(pass_id),
                "not_before": visit[0],
                "not_after": visit[1],
                "areas": str(areas),
                "code": signed(seed, number, pass_id, *visit, areas),
            }
            for pass_id, number, areas in passes
        ],
        "rotating": [
            {"pass": str(pass_id), "at": at, "code": rotating(link, pass_id, at)}
            for pass_id, _, _ in passes
            for at in (visit[0], visit[0] + 29, visit[0] + 30, 1966080 + 15)
        ],
    }


def check(vectors) -> bool:
    public, link = bytes.fromhex(vectors["public"]), bytes.fromhex(vectors["link_key"])
    right = all(
        claims_of(one["code"], public)
        == (int(one["pass"]), one["not_before"], one["not_after"], int(one["areas"]))
        for one in vectors["signed"]
    )
    return right and all(
        rotating(link, int(one["pass"]), one["at"]) == one["code"]
        for one in vectors["rotating"]
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make"]:
            print(json.dumps(make(), indent=2))
        case ["check", path]:
            with open(path, encoding="utf-8") as file:
                sys.exit(0 if check(json.load(file)) else "a code is wrong")
        case _:
            sys.exit(__doc__)
