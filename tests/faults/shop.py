# SPDX-License-Identifier: Apache-2.0
"""shop.py - a shop on a PostgreSQL that fails, and tills that do not give up.

  F1  A till repeats a request that was answered 503 with the same key until it is answered for
      good.  There is no other answer to a fault, and each comes within ANSWER_S.
  F2  In the end every request is in the ledger once: balances are what the answers say, and the
      audit of the whole database finds nothing.
  F3  It is the same process all the time, and /readyz says 200 again.
"""
import atexit
import http.client
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/api"))

import loopback  # noqa: E402  pylint: disable=wrong-import-position

COFFEE = 500
ANSWER_S = 15
READY_S = 30


def pg(*words):
    """What tools/pg prints."""
    return subprocess.run([str(ROOT / "tools/pg"), *words], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


def folder_of(url):
    """Where the socket of a private cluster is."""
    return re.search(r"host=([^&]+)", url).group(1)


class Cluster:
    """A private PostgreSQL."""

    def __init__(self, conf="", standby_of=None):
        self.holder = tempfile.TemporaryDirectory(prefix="habitue-faults-")
        os.chmod(self.holder.name, 0o711)
        self.folder = os.path.join(self.holder.name, "pg")
        os.mkdir(self.folder)
        os.environ["PG_CONF"] = conf
        self.url = (pg("standby", self.folder, standby_of.folder) if standby_of
                    else pg("start", self.folder))
        atexit.register(self.close)

    def psql(self, sql):
        newest = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))[-1]
        return subprocess.run([newest, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql, self.url],
                              check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def close(self):
        atexit.unregister(self.close)
        pg("stop", self.folder)
        self.holder.cleanup()


class Shop:
    """habitue serve on `url`; what else it needs a database for goes to `direct`."""

    def __init__(self, program, url, direct=None, options=()):
        self.program, self.direct = program, direct or url
        self.run("init", "--demo")
        key = self.run("key", "create", "--scopes", "all").strip()
        self.server = loopback.Server(
            [program, "serve", "--listen", "127.0.0.1:0", "--rate-percent", "100000", *options],
            env={**os.environ, "HABITUE_DATABASE": url})
        self.server.keys = {"all": key}
        self.pid = self.server.process.pid
        atexit.register(self.server.process.kill)  # a test that failed did not stop it

    def run(self, *words):
        env = {**os.environ, "HABITUE_DATABASE": self.direct}
        return subprocess.run([self.program, *words], check=True, text=True, env=env,
                              stdout=subprocess.PIPE).stdout

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=ANSWER_S)

    def get(self, path):
        """What is answered in the end."""
        until = time.monotonic() + READY_S
        while True:
            status, _, content = self.server.request("GET", path)
            if status != 503 or time.monotonic() > until:
                assert status == 200, (status, content)
                return json.loads(content)
            time.sleep(0.05)

    def ready(self):
        status, _, content = self.server.request("GET", "/readyz", key=None)
        return status, json.loads(content)

    def wait_ready(self, wanted=200, within_s=READY_S):
        """Seconds until /readyz says what is wanted."""
        began = time.monotonic()
        while True:
            status, told = self.ready()
            took = time.monotonic() - began
            if status == wanted:
                return took
            assert took < within_s, f"/readyz says {status} after {took:.1f} s: {told}"
            time.sleep(0.02)

    def audit(self):
        """F2: the sums of the currency."""
        report = json.loads(self.run("audit", "--json"))
        assert report["n_findings"] == 0, report["findings"]
        return report["currencies"]["points"]

    def stop(self):
        """F3.  What the server logged."""
        assert self.server.process.poll() is None, "the server has ended: " + self.server.read_log()
        assert self.server.process.pid == self.pid
        self.wait_ready()
        status = self.server.stop()
        assert status == 0, f"the server ended with {status}: {self.server.final_log}"
        return self.server.final_log


class Till:
    """Asks for one member; remembers what it was answered."""

    def __init__(self, shop, name):
        self.shop, self.name = shop, name
        self.http = None
        self.member_id, self.points, self.n = None, 0, 0
        self.answers = []  # (request, status, body)
        self.faults = {}   # code of a 503: how often
        self.slowest_s = 0
        self.deadline_s = 60
        self.busy = False

    def close(self):
        if self.http:
            self.http.close()
        self.http = None

    def ask_once(self, path, body, key):
        headers = {"Authorization": f"Bearer {self.shop.server.keys['all']}",
                   "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        began = time.monotonic()
        self.http = self.http or self.shop.connect()
        self.http.request("POST", path, json.dumps(body), headers)
        reply = self.http.getresponse()
        content = reply.read()
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        return reply.status, content.decode(), reply.getheader("Retry-After")

    def ask(self, path, body, key=None):
        """F1: the final answer."""
        until = time.monotonic() + self.deadline_s
        while True:
            status, content, retry_after = self.ask_once(path, body, key)
            if status != 503:
                self.answers.append(((path, body, key), status, content))
                return status, json.loads(content)
            told = json.loads(content)
            self.faults[told["code"]] = self.faults.get(told["code"], 0) + 1
            assert told["code"] in ("store_unreachable", "outcome_unknown", "store_busy",
                                    "store_conflict"), told
            assert retry_after, told
            assert time.monotonic() < until, f"still {told['code']}"
            time.sleep(0.02)

    def order_of(self, n, cents=6000):
        """What ask wants for a purchase; 10 points for each euro."""
        return "/v1/events", {
            "source": "till", "external_id": f"{self.name}-{n}", "type": "order.paid",
            "member": {"external_id": self.name},
            "order": {"lines": [{"id": "1", "quantity": 1, "unit_amount": cents}]}}, None

    def order(self, cents=6000):
        self.n += 1
        status, told = self.ask(*self.order_of(self.n, cents))
        assert status in (200, 201), (status, told)
        self.member_id = told["member_id"]
        self.points += sum(effect["units"] for effect in told["effects"])

    def redeem_of(self, n):
        return "/v1/redemptions", {"member_id": self.member_id,
                                   "reward_id": "coffee"}, f"{self.name}-{n}"

    def redeem(self):
        self.n += 1
        status, told = self.ask(*self.redeem_of(self.n))
        assert status == (201 if self.points >= COFFEE else 409), (status, told, self.points)
        if status == 201:
            self.points -= COFFEE

    def check(self):
        """F2 for this member."""
        told = self.shop.get(f"/v1/members/{self.member_id}/balances")
        found = told["balances"]["points"]["available"]
        assert found == self.points, f"{self.name} has {found}, its answers say {self.points}"

    def check_again(self, sample):
        """Who asks again what was answered is answered the same, and nothing happens."""
        for (path, body, key), status, content in sample(self.answers):
            status_now, content_now, _ = self.ask_once(path, body, key)
            assert (status_now < 300) == (status < 300), (status_now, status, content_now)
            assert status >= 300 or content_now == content, (content_now, content)


class Crowd:
    """Tills that ask all the time, each on a thread of its own."""

    def __init__(self, shop, n, seed=1):
        self.shop = shop
        self.tills = [Till(shop, f"m{i}") for i in range(n)]
        self.dice = random.Random(seed)
        self.stopping = False
        self.failures = []
        self.threads = [threading.Thread(target=self.work, args=(till, self.dice.random()))
                        for till in self.tills]

    def work(self, till, seed):
        dice = random.Random(seed)
        try:
            while not self.stopping:
                if till.member_id and dice.random() < 0.4:
                    till.redeem()
                else:
                    till.order(dice.choice([500, 1250, 6000]))
        except Exception as failure:  # pylint: disable=broad-except
            self.failures.append(f"{till.name}: {failure!r}")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()
        assert not self.failures, self.failures

    def n_answered(self):
        return sum(len(till.answers) for till in self.tills)

    def wait_for_answers(self, n, within_s=60):
        """Until so many more requests were answered for good."""
        until, wanted = time.monotonic() + within_s, self.n_answered() + n
        while self.n_answered() < wanted and not self.failures:
            assert time.monotonic() < until, "nobody is answered any more"
            time.sleep(0.01)

    def faults(self):
        sums = {}
        for till in self.tills:
            for code, n in till.faults.items():
                sums[code] = sums.get(code, 0) + n
        return sums

    def slowest_s(self):
        return max(till.slowest_s for till in self.tills)

    def check(self, n_again=20):
        """F2: every member, a sample of the answers, and the whole."""
        for till in self.tills:
            till.check()
            till.check_again(lambda answers: self.dice.sample(answers, min(n_again, len(answers))))
            till.close()
        outstanding = sum(till.points for till in self.tills)
        sums = self.shop.audit()
        assert sums["outstanding"] == outstanding, (sums, outstanding)
