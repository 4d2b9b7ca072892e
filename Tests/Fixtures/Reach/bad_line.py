"""A bad line between two network namespaces: packets come late, some are lost, and some overtake others.

usage: bad_line.py NAMESPACE NAMESPACE DELAY_MS LOSS REORDER

The same as the queueing discipline `netem` of the kernel, where a kernel has none: one tun device named `line` in each namespace,
and what comes out of one goes into the other. The dice are thrown with a fixed seed.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
#: Bytes that wait on the line in one direction; what comes beyond is dropped, as by a router.
QUEUE_BYTES = 64 << 20


def device(namespace):
    """The tun device `line` in the namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    place = os.open(namespace, os.O_RDONLY)
    if libc.setns(place, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(place)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"line", IFF_TUN | IFF_NO_PI))
    return tun


class Direction:
    def __init__(self, source, target, delay, loss, reorder, seed):
        self.source, self.target, self.delay, self.loss, self.reorder = source, target, delay, loss, reorder
        self.dice, self.waiting, self.count, self.held = random.Random(seed), [], 0, 0

    def take(self):
        """Takes what has come, as much as there is."""
        for _ in range(256):
            try:
                packet = os.read(self.source, 65536)
            except BlockingIOError:
                return
            if self.dice.random() < self.loss or self.held > QUEUE_BYTES:
                continue
            late = self.delay * (1.1 if self.dice.random() < self.reorder else 1)
            self.count += 1
            self.held += len(packet)
            heapq.heappush(self.waiting, (time.monotonic() + late, self.count, packet))

    def give(self):
        """Hands over what is due; answers when the next packet is."""
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            packet = heapq.heappop(self.waiting)[2]
            self.held -= len(packet)
            try:
                os.write(self.target, packet)
            except OSError:
                pass  # The other end is down: lost.
        return self.waiting[0][0] if self.waiting else None


def main():
    first, second, milliseconds, loss, reorder = sys.argv[1:]
    delay, loss, reorder = float(milliseconds) / 1000, float(loss), float(reorder)
    ends = device(first), device(second)
    directions = [
        Direction(ends[0], ends[1], delay, loss, reorder, 1),
        Direction(ends[1], ends[0], delay, loss, reorder, 2),
    ]
    while True:
        due = [moment for moment in (direction.give() for direction in directions) if moment is not None]
        pause = max(0.0, min(due) - time.monotonic()) if due else None
        ready, _, _ = select.select(ends, [], [], pause)
        for direction in directions:
            if direction.source in ready:
                direction.take()


main()
