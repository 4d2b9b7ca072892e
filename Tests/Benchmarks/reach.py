#!/usr/bin/env python3
"""Holds what reaching a machine costs against what it is made of, in one run, and prints a table of ratios (as root).

usage: Tests/Benchmarks/reach.py [--rounds N] [--only TEXT] [--mib N] [--gcx PROGRAM] [--bench PROGRAM] [--directory DIR]
       [--json FILE]

Each figure stands beside its peer, measured in alternation on the same machine. A figure is met at its goal or better; the table says
so, and the exit status is 0 either way: a neighbour moves a figure more than any bound would allow. Tests/Benchmarks/README.md says
what is measured, and how.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from market import Market, memory, wait

HERE = os.path.dirname(os.path.realpath(__file__))
INTERNET = f"{HERE}/../Fixtures/Reach/internet"
CIPHER = "TLS_AES_128_GCM_SHA256"  # what two programs of ours agree on where processors have AES
TLS = ["-tls1_3", "-ciphersuites", CIPHER]
#: Seconds after which what moves a file is given up.
PATIENCE = 300
#: The clock of a kernel's counts of processor time.
TICKS = os.sysconf("SC_CLK_TCK")
#: Round trip on the buyer's line, milliseconds: a machine on the same continent.
ROUND_TRIP = 50
MACHINES = 1_000
#: Seconds in which nothing happens to them: longer than a relay's pause between two pings.
IDLE = 40


@dataclass
class Row:
    figure: str
    unit: str
    own: list
    peer: str
    others: list
    goal: float
    #: Whether the ratio has to be the goal at most, as of a time, or at least, as of a rate.
    at_most: bool
    notes: list = field(default_factory=list)

    @property
    def ratio(self):
        return statistics.median(self.own) / statistics.median(self.others)

    @property
    def is_met(self):
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal

    def text(self):
        def column(series):
            return f"{statistics.median(series):.4g} {self.unit} | {min(series):.4g} to {max(series):.4g}"

        sign = "<=" if self.at_most else ">="
        verdict = "met" if self.is_met else "missed"
        return (f"| {self.figure} | {column(self.own)} | {self.peer} | {column(self.others)} | {self.ratio:.2f} "
                f"| {sign} {self.goal} | {verdict} |")


def free_port(host):
    with socket.socket() as listener:
        listener.bind((host, 0))
        return listener.getsockname()[1]


def answers(place):
    try:
        socket.create_connection(place, timeout=1).close()
        return True
    except OSError:
        return False


def make_certificate(folder):
    """A P-256 key and a certificate of its own, as each server of ours makes them."""
    key, certificate = f"{folder}/peer.key", f"{folder}/peer.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                    "/CN=gcx", "-days", "1", "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    return ["-cert", certificate, "-key", key]


def start_relay(market, name, place, settings, host="ledger"):
    """A relay with a key of its own; answers its process and how machines name it."""
    key = market.new_key(name)
    table = {"name": place, "listen": place, "keystore": market.path(f"{name}.json"), "password_file": market.path("password")}
    market.configure(f"{name}.toml", {"relay": {**table, **settings}})
    process = market.serve("relay", "serve", "--config", market.path(f"{name}.toml"), log=f"{name}.log", host=host)
    wait("the relay", lambda: "relay started" in read(market.path(f"{name}.log")))
    return process, f"{place}#{key}"


def read(path):
    with open(path) as file:
        return file.read()


class Loopback:
    """A market on this machine alone: an agent with a unix socket, a door behind TLS, and a relay."""

    def __init__(self, options):
        self.options = options
        self.market = Market(options.gcx, options.directory)
        self.bytes = options.mib << 20
        try:
            self.open()
        except BaseException:
            self.close()
            raise

    def open(self):
        market = self.market
        self.door, books = (f"127.0.0.{host}:{free_port(f'127.0.0.{host}')}" for host in (2, 3))
        operator, machine = market.addresses["operator"], market.addresses["machine"]
        # What is measured is not the bound that a relay puts on a machine.
        _, relay = start_relay(market, "relay", f"127.0.0.4:{free_port('127.0.0.4')}", {"machine_bytes_per_second": 0})
        self.secure = f"https://{self.door}#{machine}"
        self.relayed = f"relay://{relay.split('#')[0]}#{machine}"
        self.books = f"https://{books}#{operator}"
        market.tables["agent"] |= {"listen": [market.agent, f"https://{self.door}"], "relays": [relay]}
        market.tables["ledger"] |= {"listen": [market.ledger, f"https://{books}"]}
        market.tables["offer"] |= {"storage_bytes": 6 * self.bytes + (1 << 30), "close_window_seconds": 5}
        self.agent = market.open()
        wait("the relay's machine", lambda: "relay connected" in read(market.path("agent.log")))
        self.certificate = make_certificate(market.root)

    def close(self):
        self.market.close()

    def produce(self):
        """A lease whose job has left so many bytes; answers its id."""
        market = self.market
        lease = market.lease(storage=f"{2 * self.options.mib + 64}M")
        program = f"dd if=/dev/urandom of=/output/data bs=1M count={self.options.mib}"
        market.run(*market.attend(lease, "--image", f"rootfs:{market.path('rootfs')}", "--", "/bin/sh", "-c", program))
        return lease

    def bench(self, verb, agent, lease, path):
        market = self.market
        done = subprocess.run(
            [self.options.bench, verb, agent, lease, market.path("buyer.json"), market.path("password"), path],
            capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            sys.exit(f"{verb} at {agent}: {done.stderr}")
        return json.loads(done.stdout)

    def fetched(self, agent, lease):
        """MB/s of the output on its way into a file, digest and all."""
        path = self.market.path("fetched")
        seen = self.bench("fetch", agent, lease, path)
        os.unlink(path)
        return seen["bytes"] / seen["seconds"] / 1e6

    def piped(self, source):
        """MB/s of a file that `openssl s_client` sends and `openssl s_server` writes into a file."""
        path, port = self.market.path("piped"), free_port("127.0.0.1")
        place = f"127.0.0.1:{port}"
        with (open(source) as file, open(path, "w") as target,
              peer_server(place, self.certificate, "-naccept", "1", stdout=target) as server):
            wait("openssl", lambda: listens(port))
            begin = time.monotonic()
            # The side that sends ends with its input, and takes no letter of it for a command.
            subprocess.run(
                ["openssl", "s_client", "-connect", place, *TLS, "-quiet", "-no_ign_eof", "-nocommands"], stdin=file,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)
            server.wait(timeout=PATIENCE)
            seconds = time.monotonic() - begin
        moved, size = os.path.getsize(path), os.path.getsize(source)
        os.unlink(path)
        if moved != size:
            sys.exit(f"openssl moved {moved} of {size} bytes")
        return size / seconds / 1e6


@contextlib.contextmanager
def peer_server(place, certificate, *words, stdout=subprocess.DEVNULL):
    """`openssl s_server`, whose input stays open: it would end with it."""
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", place, *certificate, *TLS, "-quiet", *words], stdin=subprocess.PIPE, stdout=stdout,
        stderr=subprocess.DEVNULL)
    try:
        yield server
    finally:
        server.kill()
        server.wait()


def listens(port):
    """Whether somebody listens at a port of IPv4: asked of the kernel, for one that takes a single connection."""
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in read("/proc/net/tcp").splitlines()[1:])


def transfers(stage, options):
    lease = stage.produce()
    source = stage.market.path("source")
    with open(source, "wb") as file:
        for _ in range(options.mib):
            file.write(os.urandom(1 << 20))
    piped, direct, relayed = [], [], []
    for _ in range(options.rounds):
        piped.append(stage.piped(source))
        direct.append(stage.fetched(stage.secure, lease))
        relayed.append(stage.fetched(stage.relayed, lease))
    os.unlink(source)
    peer = "openssl s_client to s_server"
    return [
        Row(f"{options.mib} MiB through TLS direct", "MB/s", direct, peer, piped, 0.8, at_most=False),
        Row(f"{options.mib} MiB through a relay", "MB/s", relayed, peer, piped, 0.6, at_most=False),
    ]


def processor_seconds(pid):
    fields = read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def handshakes(stage, options):
    """New handshakes of one client after the other, for each second that the server's processor worked."""
    port = free_port("127.0.0.1")
    own, others, walls = [], [], ([], [])
    with peer_server(f"127.0.0.1:{port}", stage.certificate) as server:
        wait("openssl", lambda: listens(port))
        for _ in range(options.rounds):
            for pid, place, rates, wall in (
                    (stage.agent.pid, stage.door, own, walls[0]), (server.pid, f"127.0.0.1:{port}", others, walls[1])):
                rate, clock = handshake_rate(pid, place)
                rates.append(rate)
                wall.append(clock)
    notes = [f"by the clock, client and server together: {statistics.median(walls[0]):.0f} a second, openssl "
             f"{statistics.median(walls[1]):.0f}"]
    return [Row("TLS handshakes of a core", "1/s", own, "openssl s_server, by s_time -new", others, 0.7, at_most=False, notes=notes)]


def handshake_rate(pid, place, seconds=3):
    before = processor_seconds(pid)
    done = subprocess.run(
        ["openssl", "s_time", "-connect", place, "-new", "-time", str(seconds), *TLS], capture_output=True, text=True)
    found = re.search(r"(\d+) connections in (\d+) real seconds", done.stdout)
    if found is None:
        sys.exit(f"openssl s_time at {place}: {done.stdout} {done.stderr}")
    used = processor_seconds(pid) - before
    return int(found[1]) / used, int(found[1]) / int(found[2])


def starts(stage, options):
    """Milliseconds from `gcx run` to the first instruction of its job."""
    ways = {
        "unix": {"GCX_LEDGER": stage.market.ledger, "GCX_AGENT": stage.market.agent},
        "tls": {"GCX_LEDGER": stage.books, "GCX_AGENT": stage.secure},
    }
    seen, whole = {way: [] for way in ways}, {way: [] for way in ways}
    for _ in range(3 * options.rounds):
        for way, environment in ways.items():
            started, ended = start(stage.market, environment)
            seen[way].append(started)
            whole[way].append(ended)
    notes = [f"to the refund: {statistics.median(whole['tls']):.0f} ms, over the unix sockets {statistics.median(whole['unix']):.0f} ms"]
    return [Row("start of a job by gcx run over TLS", "ms", seen["tls"], "over unix sockets", seen["unix"], 1.5, at_most=True,
                notes=notes)]


def start(market, environment):
    begin = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    said = market.run(
        "run", "--yes", *market.key("buyer"), "--cores", "1", "--memory", "64M", "--storage", "64M", "--for", "10m", "--json",
        "--image", f"rootfs:{market.path('rootfs')}", "--", "/bin/true", environment=environment)
    end = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    lease = json.loads(said.splitlines()[-1])["lease"]
    events = [json.loads(line) for line in market.run("job", "events", lease, "--json").splitlines()]
    started = next(event["bootNanoseconds"] for event in events if event["kind"] == "started")
    return (started - begin) / 1e6, (end - begin) / 1e6


class Internet:
    """A market in network namespaces: a buyer with a long line, a provider behind routers, a relay."""

    def __init__(self, options):
        self.options = options
        self.name = f"gcx-bench-{os.getpid()}"
        line = {"REACH_DELAY_MS": str(ROUND_TRIP / 2), "REACH_LOSS": "0", "REACH_REORDER": "0"}
        subprocess.run([INTERNET, "up", self.name], env={**os.environ, **line}, check=True)
        self.market = None
        try:
            self.market = Market(options.gcx, options.directory, self.inside)
            self.open()
        except BaseException:
            self.close()
            raise

    def inside(self, host):
        return ["nsenter", f"--net=/run/netns/{self.name}-{host}"]

    def open(self):
        market = self.market
        operator, machine = market.addresses["operator"], market.addresses["machine"]
        books = "https://198.51.100.13:443"
        market.tables["ledger"] |= {"listen": [market.ledger, books], "endpoint": f"{books}#{operator}"}
        _, relay = start_relay(market, "near", "198.51.100.11:443", {}, host="relay1")
        market.tables["agent"] |= {"relays": [relay]}
        market.open()
        wait("the relay's machine", lambda: "relay connected" in read(market.path("agent.log")))
        self.books, self.relayed = f"{books}#{operator}", f"relay://198.51.100.11:443#{machine}"

    def close(self):
        if self.market:
            self.market.close()
        subprocess.run([INTERNET, "down", self.name], check=False)

    def round_trips(self, count):
        """Milliseconds that an echo by TCP takes from the buyer to the relay and from the machine to the relay, together."""
        echo = subprocess.Popen(
            [*self.inside("relay1"), sys.executable, __file__, "--echo", "serve"], stdout=subprocess.PIPE, text=True)
        try:
            echo.stdout.readline()
            ways = [self.echoes(host, count) for host in ("buyer", "provider")]
        finally:
            echo.kill()
            echo.wait()
        return [first + second for first, second in zip(*ways)]

    def echoes(self, host, count):
        done = subprocess.run(
            [*self.inside(host), sys.executable, __file__, "--echo", str(count)], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


ECHO = ("198.51.100.11", 7)


def echo(words):
    """One end of the echo, on a host of its own."""
    if words == "serve":
        listener = socket.create_server(ECHO)
        print("listening", flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while piece := connection.recv(4096):
                connection.sendall(piece)
    connection = socket.create_connection(ECHO)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times = []
    for _ in range(int(words)):
        begin = time.monotonic()
        connection.sendall(bytes(64))
        if len(connection.recv(64, socket.MSG_WAITALL)) < 64:
            sys.exit("the echo broke off")
        times.append((time.monotonic() - begin) * 1e3)
        time.sleep(0.02)
    print(json.dumps(times))


def copy_with_libraries(program, root):
    """A program of this machine into a root filesystem, with what it is linked to."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for path in [program, *re.findall(r"(/\S+) \(0x", listed)]:
        target = f"{root}/{path if path != program else 'bin/now'}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run(["cp", "-L", path, target], check=True)


def latency(stage, options):
    """Milliseconds from a line that a job writes to its arrival at a buyer who follows the log through a relay."""
    market, lines = stage.market, 20 * options.rounds
    copy_with_libraries("/bin/date", market.path("rootfs"))
    trips = stage.round_trips(20)
    lease = market.lease(seconds=900)
    # The pauses have another length each, so that lines fall into every moment of a call that waits for them.
    program = f"sleep 3; n=0; while [ $n -lt {lines} ]; do /bin/now +%s%N; n=$((n+1)); sleep 0.$((100+n*373%400)); done"
    environment = {"GCX_LEDGER": stage.books, "GCX_AGENT": stage.relayed}
    reader = market.spawn(
        *market.attend(lease, "--image", f"rootfs:{market.path('rootfs')}", "--", "/bin/sh", "-c", program), host="buyer",
        environment=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    seen = []
    complaints = threading.Thread(target=lambda: setattr(reader, "complaint", reader.stderr.read()))
    complaints.start()
    for line in reader.stdout:
        if line.strip().isdigit():
            seen.append((time.time_ns() - int(line)) / 1e6)
    complaints.join()
    if reader.wait() != 0 or len(seen) != lines:
        sys.exit(f"{len(seen)} of {lines} lines came: {reader.complaint}")
    trips += stage.round_trips(20)
    notes = [f"of 20 lines, one took longer than {sorted(seen)[-lines // 20]:.0f} ms"]
    return [Row("a line of the log over a relay", "ms", seen, "round trip of an echo, the same way", trips, 2, at_most=True, notes=notes)]


def crowd(stage, options):
    """MiB that a relay takes at the most for machines that wait."""
    process, relay = start_relay(stage.market, "crowded", "198.51.100.11:444", {}, host="relay1")
    pid = process.pid  # nsenter becomes what it runs
    alone = memory(pid)
    hosts = ("relay2", "ledger", "street", "wan")  # four addresses: one may have 256 machines
    makers = [subprocess.Popen(
        [*stage.inside(host), options.bench, "machines", relay, str(MACHINES // len(hosts))], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True) for host in hosts]
    try:
        if not all(maker.stdout.readline().startswith("registered") for maker in makers):
            sys.exit("the machines did not register")
        time.sleep(IDLE)
        most, now = memory(pid), memory(pid, "VmRSS")
    finally:
        for maker in makers:
            maker.stdin.close()
            maker.kill()
            maker.wait()
    notes = [f"{alone:.0f} MiB before the first machine, {now:.0f} MiB after {IDLE} s of rest"]
    return [Row(f"{MACHINES} idle machines on one relay", "MiB", [most], "the goal", [128.0], 1, at_most=True, notes=notes)]


FIGURES = {
    "transfer": (Loopback, transfers), "handshakes": (Loopback, handshakes), "start": (Loopback, starts),
    "latency": (Internet, latency), "machines": (Internet, crowd),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help=f"figures whose name holds this text, of {', '.join(FIGURES)}")
    parser.add_argument("--mib", type=int, default=1024, help="what is moved, MiB")
    parser.add_argument("--gcx", default=".build/release/gcx")
    parser.add_argument("--bench", default=".build/release/reach-bench")
    parser.add_argument("--directory", default="/var/tmp", help="where the files of the transfers are made")
    parser.add_argument("--json", help="write all samples here")
    parser.add_argument("--echo", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.echo:
        return echo(options.echo)
    # Whoever ends it finds nothing of it left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    if os.getuid() != 0:
        sys.exit("needs root, to make network namespaces and to start jobs")
    options.bench = os.path.abspath(options.bench)
    print(f"{os.cpu_count()} processors, {options.rounds} rounds in alternation, load {os.getloadavg()[0]:.1f} at the beginning\n")
    print("| figure | gcx | from, to | beside it | | from, to | ratio | goal | |\n|---|---|---|---|---|---|---|---|---|")
    rows = []
    for kind in (Loopback, Internet):
        wanted = [measure for name, (stage, measure) in FIGURES.items() if stage is kind and options.only in name]
        if not wanted:
            continue
        stage = kind(options)
        try:
            for measure in wanted:
                for row in measure(stage, options):
                    rows.append(row)
                    print(row.text(), flush=True)
        finally:
            stage.close()
    print()
    for row in rows:
        for note in row.notes:
            print(f"- {row.figure}: {note}")
    print(f"- load at the end: {os.getloadavg()[0]:.1f}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([{"figure": row.figure, "unit": row.unit, "gcx": row.own, "peer": row.peer, "other": row.others,
                        "ratio": row.ratio, "goal": row.goal, "met": row.is_met} for row in rows], file, indent=2)


if __name__ == "__main__":
    main()
