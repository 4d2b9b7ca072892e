"""A ledger, an agent and their buyer in a folder of their own, for benchmarks that go the whole way (as root)."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

NAMES = ("operator", "owner", "machine", "buyer")


class Market:
    """Real processes, as owners and buyers start them; all of it is gone after `close()`.

    Nothing runs before `open()`. `hosts` answers what a command begins with to run on a host: "ledger", "provider", "buyer".
    """

    def __init__(self, gcx, directory, hosts=lambda host: []):
        self.gcx, self.hosts, self.processes = os.path.abspath(gcx), hosts, []
        self.root = tempfile.mkdtemp(prefix="gcx-bench-", dir=directory)
        os.chmod(self.root, 0o711)  # The agent's user goes through it to what is its own.
        self.ledger, self.agent = f"unix:{self.root}/ledger.sock", f"unix:{self.root}/run/agent.sock"
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.root, "GCX_LEDGER": self.ledger, "GCX_AGENT": self.agent}
        with open(self.path("password"), "w") as file:
            file.write("a word for a benchmark\n")
        os.chmod(self.path("password"), 0o600)
        self.addresses = {name: self.new_key(name) for name in NAMES}
        self.tables = {
            "agent": {"user": "daemon", "helper": self.path("helper.sock"), "state_directory": self.path("agent"),
                      "listen": self.agent},
            "machine": {"keystore": self.path("machine.json"), "password_file": self.path("password"),
                        "grant": self.path("grant.json")},
            "ledger": {"endpoint": self.ledger, "listen": self.ledger, "database": self.path("ledger.sqlite"),
                       "operator_keystore": self.path("operator.json"), "operator_password_file": self.path("password"),
                       "test_network": True},
            "benchmark": {"enabled": False},
            "offer": {"memory_reserved_bytes": 1 << 28, "storage_bytes": 1 << 30},
        }

    def path(self, name):
        return f"{self.root}/{name}"

    def new_key(self, name):
        return self.run("key", "new", "--light", "--password-file", self.path("password"), "--out", self.path(f"{name}.json"))

    def key(self, name):
        return ["--key", self.path(f"{name}.json"), "--password-file", self.path("password")]

    def command(self, *words, host="ledger"):
        return [*self.hosts(host), self.gcx, *words]

    def spawn(self, *words, host="ledger", environment=None, **streams):
        """A command that somebody types, in the background."""
        return subprocess.Popen(
            self.command(*words, host=host), cwd=self.root, env={**self.environment, **(environment or {})}, **streams)

    def run(self, *words, host="ledger", environment=None):
        """The output of a command that has to succeed."""
        process = self.spawn(*words, host=host, environment=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        output, complaint = process.communicate()
        if process.returncode != 0:
            sys.exit(f"gcx {' '.join(words)}: {complaint}")
        return output.strip()

    def serve(self, *words, log, host="ledger"):
        """Starts what runs until the end of the market."""
        with open(self.path(log), "w") as file:
            process = self.spawn(*words, host=host, stdout=file, stderr=file)
        self.processes.append(process)
        return process

    def configure(self, name, tables):
        with open(self.path(name), "w") as file:
            for table, keys in tables.items():
                file.write(f"[{table}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))

    def make_root(self, *names):
        """A root filesystem of busybox, for jobs."""
        for folder in ("bin", "etc", "proc", "dev", "sys", "tmp", "input", "output"):
            os.makedirs(self.path(f"rootfs/{folder}"))
        shutil.copy(shutil.which("busybox"), self.path("rootfs/bin/busybox"))
        for name in ("sh", "true", "cat", "dd", "seq", "sleep", *names):
            os.symlink("busybox", self.path(f"rootfs/bin/{name}"))

    def open(self):
        """Ledger, grant, money and agent, until there is an offer."""
        self.configure("gcx.toml", self.tables)
        self.make_root()
        self.serve("ledger", "serve", "--config", self.path("gcx.toml"), log="ledger.log")
        wait("the ledger", lambda: self.succeeds("ledger", "head"))
        self.run("key", "grant", *self.key("owner"), "--machine", self.addresses["machine"], "--days", "1", "--out",
                 self.path("grant.json"))
        self.run("ledger", "faucet", *self.key("operator"), self.addresses["buyer"], "1TEST")
        agent = self.serve("agent", "run", "--config", self.path("gcx.toml"), log="agent.log", host="provider")
        wait("an offer", lambda: "0x" in self.run("offer", "list"))
        return agent

    def succeeds(self, *words):
        return self.spawn(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).wait() == 0

    def lease(self, memory="64M", storage="64M", seconds=900):
        demand = self.run(
            "demand", "create", *self.key("buyer"), "--cores", "1", "--memory", memory, "--storage", storage, "--seconds",
            str(seconds), "--hourly-max", "0.09TEST", "--budget", "0.03TEST")
        return self.run("lease", "open", *self.key("buyer"), "--demand", demand).split("\n")[0]

    def attend(self, lease, *words):
        """The words of a command that runs a job on a lease and pays for it."""
        return ["job", "run", "--lease", lease, *self.key("buyer"), "--journal", self.path(f"{lease}.journal"), *words]

    def close(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def wait(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    sys.exit(f"{what} did not come")


def memory(pid, field="VmHWM"):
    """MiB of a process: the most it ever had (VmHWM), or what it has now (VmRSS)."""
    with open(f"/proc/{pid}/status") as file:
        return next((int(line.split()[1]) for line in file if line.startswith(field + ":")), 0) / 1024
