"""Checks an RFC 9162 tree and its proofs with the definitions of the RFC and nothing of gcx.

Reads one JSON document on stdin:
  leaves       the bytes of every leaf, hexadecimal
  roots        roots[n] is the root over the first n leaves
  inclusion    [index, size, [path]] ...
  consistency  [from, to, [path]] ...
Prints "ok" and what it checked, or the first thing that is wrong.
"""

import hashlib
import json
import sys


def sha256(data):
    return hashlib.sha256(data).digest()


def split(n):
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves):
    """RFC 9162, 2.1.1."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0])
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def root_from_inclusion(leaf_hash, index, size, path):
    """The root a path leads to, by walking down from the root: the recursive reading of 2.1.3.1."""
    if size == 1:
        assert not path, "the path is too long"
        return leaf_hash
    assert path, "the path is too short"
    k = split(size)
    if index < k:
        return sha256(b"\x01" + root_from_inclusion(leaf_hash, index, k, path[:-1]) + path[-1])
    return sha256(b"\x01" + path[-1] + root_from_inclusion(leaf_hash, index - k, size - k, path[:-1]))


def roots_from_consistency(old, new, path, whole, old_root):
    """The old and the new root that a proof leads to: the recursive reading of 2.1.4.1."""
    if old == new:
        if whole:
            assert not path, "the proof is too long"
            return old_root, old_root
        assert len(path) == 1, "the proof has the wrong length"
        return path[0], path[0]
    assert path, "the proof is too short"
    k = split(new)
    if old <= k:
        left_old, left_new = roots_from_consistency(old, k, path[:-1], whole, old_root)
        return left_old, sha256(b"\x01" + left_new + path[-1])
    right_old, right_new = roots_from_consistency(old - k, new - k, path[:-1], False, old_root)
    return sha256(b"\x01" + path[-1] + right_old), sha256(b"\x01" + path[-1] + right_new)


def unhex(text):
    return bytes.fromhex(text.removeprefix("0x"))


def main():
    case = json.load(sys.stdin)
    leaves = [unhex(leaf) for leaf in case["leaves"]]
    roots = [unhex(root) for root in case["roots"]]
    for size, root in enumerate(roots):
        assert mth(leaves[:size]) == root, f"the root of {size} leaves"
    for index, size, path in case["inclusion"]:
        got = root_from_inclusion(sha256(b"\x00" + leaves[index]), index, size, [unhex(p) for p in path])
        assert got == roots[size], f"the inclusion of {index} in {size}"
    for old, new, path in case["consistency"]:
        got = roots_from_consistency(old, new, [unhex(p) for p in path], True, roots[old])
        assert got == (roots[old], roots[new]), f"the consistency of {old} and {new}"
    print(f"ok {len(roots)} {len(case['inclusion'])} {len(case['consistency'])}")


main()
