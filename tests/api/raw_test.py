#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""raw_test.py - what only bytes on a socket can ask: framing, slowness, stopping.

  raw_test.py TESTD_PROGRAM
"""
import json
import re
import signal
import socket
import sys
import threading
import time
import unittest

import loopback

PROGRAM = sys.argv.pop(1)


def request(head, body=b""):
    """The lines of a head, with what every request needs where {host} and {key} stand."""
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def read_replies(sock, n=None, timeout=10):
    """[(status, headers, body)] until the server closes or n have come."""
    sock.settimeout(timeout)
    data, replies = b"", []
    while n is None or len(replies) < n:
        while (reply := take_reply(data)) is not None:
            status, headers, body, data = reply
            if status != 100:
                replies.append((status, headers, body))
            else:
                replies.append((100, headers, b""))
        if n is not None and len(replies) >= n:
            break
        piece = sock.recv(65536)
        if not piece:
            break
        data += piece
    return replies


def take_reply(data):
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        return None
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1])
    headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
    length = int(headers.get("content-length", 0))
    if len(rest) < length:
        return None
    return status, headers, rest[:length], rest[length:]


class Case(unittest.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = loopback.Testd(PROGRAM, *cls.options)
        cls.auth = f"Authorization: Bearer {cls.server.keys['all']}"

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def exchange(self, data, n=None):
        with self.server.connect() as sock:
            sock.sendall(data)
            return read_replies(sock, n)

    def post(self, *headers, path="/v1/empty"):
        return [f"POST {path} HTTP/1.1", "Host: a", self.auth, "Content-Type: application/json",
                *headers]


class Gate(Case):
    """Shapes that request smuggling is made of.  After each a second request follows in the same
    bytes: it must never be answered."""

    SMUGGLED = b"GET /v1/notes HTTP/1.1\r\nHost: a\r\n\r\n"

    def refused(self, data, status=400):
        replies = self.exchange(data + self.SMUGGLED)
        self.assertEqual([r[0] for r in replies], [status], replies)
        self.assertEqual(replies[0][1].get("connection"), "close")
        return replies[0]

    def gated(self, data, status=400):
        """Refused by us, not by the library: with a problem and all headers."""
        _, headers, body = self.refused(data, status)
        self.assertEqual(headers["content-type"], "application/problem+json")
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        return json.loads(body)

    def test_01_content_length_and_transfer_encoding(self):
        self.gated(request(self.post("Content-Length: 5", "Transfer-Encoding: chunked"),
                           b"0\r\n\r\n"))

    def test_02_two_different_content_lengths(self):
        self.gated(request(self.post("Content-Length: 2", "Content-Length: 3"), b"{}"))

    def test_03_two_equal_content_lengths(self):
        self.gated(request(self.post("Content-Length: 2", "Content-Length: 2"), b"{}"))

    def test_04_space_before_the_colon(self):
        self.gated(request(self.post("Content-Length : 2"), b"{}"))

    def test_05_two_hosts(self):
        self.gated(request(["GET /healthz HTTP/1.1", "Host: a", "Host: b"]))

    def test_06_no_host(self):
        self.refused(request(["GET /healthz HTTP/1.1", "X: y"]))

    def test_07_unknown_transfer_encoding(self):
        self.gated(request(self.post("Transfer-Encoding: xchunked"), b"0\r\n\r\n"))

    def test_08_transfer_encoding_list(self):
        self.gated(request(self.post("Transfer-Encoding: chunked, identity"), b"0\r\n\r\n"))

    def test_09_two_transfer_encodings(self):
        self.gated(request(self.post("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
                           b"0\r\n\r\n"))

    def test_10_transfer_encoding_in_http_1_0(self):
        head = self.post("Transfer-Encoding: chunked")
        head[0] = "POST /v1/empty HTTP/1.0"
        self.gated(request(head, b"0\r\n\r\n"))

    def test_11_control_byte_in_the_method(self):
        self.refused(request(["G\x01T /healthz HTTP/1.1", "Host: a"]))

    def test_12_method_nobody_knows(self):
        problem = self.gated(request(["BREW /healthz HTTP/1.1", "Host: a"]), 501)
        self.assertEqual(problem["code"], "method_unknown")

    def test_13_method_in_lower_case(self):
        self.gated(request(["get /healthz HTTP/1.1", "Host: a"]), 501)

    def test_14_character_no_header_name_may_have(self):
        self.gated(request(["GET /healthz HTTP/1.1", "Host: a", "X@Y: 1"]))

    def test_15_control_byte_in_a_header_value(self):
        self.gated(request(["GET /healthz HTTP/1.1", "Host: a", "X: a\x01b"]))

    def test_16_length_that_is_no_number(self):
        for length in ["+2", "0x2", "2,2", "-1", "2 2", "99999999999999999999"]:
            with self.subTest(length):
                self.refused(request(self.post(f"Content-Length: {length}"), b"{}"),
                             413 if length.startswith("9") else 400)

    def test_17_address_in_absolute_form(self):
        self.gated(request(["GET http://b/healthz HTTP/1.1", "Host: a"]))

    def test_18_bytes_no_address_may_have(self):
        for path in ["/heal\xe9thz", "/a#b", "*"]:
            with self.subTest(path):
                self.gated(request([f"GET {path} HTTP/1.1", "Host: a"]))

    def test_19_other_protocol_versions(self):
        for version in ["HTTP/2.0", "HTTP/1.2", "HTTP/0.9", "ICY/1.1"]:
            with self.subTest(version):
                replies = self.exchange(request([f"GET /healthz {version}", "Host: a"]))
                self.assertNotIn(200, [r[0] for r in replies])

    def test_20_folded_header(self):
        self.refused(request(["GET /healthz HTTP/1.1", "Host: a", "X: y", " Content-Length: 37"]))


class Framing(Case):
    def test_pipelined_requests_are_answered_in_order(self):
        key = [f"Idempotency-Key: pipe-{i}" for i in range(3)]
        data = b"".join(
            request([f"POST /v1/notes HTTP/1.1", "Host: a", self.auth, key[i],
                     "Content-Type: application/json", "Content-Length: 14"],
                    b'{"text":"n%d"} ' % i)[:-1] for i in range(3))
        data += request(["GET /v1/notes HTTP/1.1", "Host: a", self.auth])
        data += request(["GET /healthz HTTP/1.1", "Host: a", "Connection: close"])
        replies = self.exchange(data.replace(b"Content-Length: 14", b"Content-Length: 13"))
        self.assertEqual([r[0] for r in replies], [201, 201, 201, 200, 200])
        texts = [json.loads(r[2])["text"] for r in replies[:3]]
        self.assertEqual(texts, ["n0", "n1", "n2"])

    def test_chunked_body(self):
        body = b"1\r\n{\r\n5\r\n\"text\r\n6\r\n\":\"a\"}\r\n0\r\n\r\n"
        replies = self.exchange(request(["POST /v1/either HTTP/1.1", "Host: a", self.auth,
                                         "Content-Type: application/json", "Connection: close",
                                         "Transfer-Encoding: chunked"], body))
        self.assertEqual([r[0] for r in replies], [200], replies)

    def test_expect_100_continue(self):
        with self.server.connect() as sock:
            sock.sendall(request(self.post("Content-Length: 2", "Expect: 100-continue")))
            self.assertEqual(read_replies(sock, 1)[0][0], 100)
            sock.sendall(b"{}")
            self.assertEqual(read_replies(sock, 1)[0][0], 200)

    def test_expect_is_refused_before_the_body_is_sent(self):
        head = self.post("Content-Length: 2", "Expect: 100-continue")
        head[2] = "Authorization: Bearer nothing"
        with self.server.connect() as sock:
            sock.sendall(request(head))
            self.assertEqual(read_replies(sock, 1)[0][0], 401)

    def test_connection_is_kept_after_a_refusal(self):
        head = self.post("Content-Length: 2")
        head[2] = "Authorization: Bearer nothing"
        data = request(head, b"{}") + request(["GET /healthz HTTP/1.1", "Host: a",
                                               "Connection: close"])
        self.assertEqual([r[0] for r in self.exchange(data)], [401, 200])

    def test_declared_body_that_is_too_large(self):
        with self.server.connect() as sock:
            sock.sendall(request(self.post(f"Content-Length: {256 * 1024 + 1}")))
            reply = read_replies(sock, 1)[0]
        self.assertEqual(reply[0], 413)
        self.assertEqual(json.loads(reply[2])["code"], "body_too_large")

    def test_largest_body_and_one_byte_more(self):
        for size, status in [(256 * 1024, 200), (256 * 1024 + 1, 413)]:
            body = b'{"text":"a"' + b" " * (size - 12) + b"}"
            chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
            replies = self.exchange(request(["POST /v1/either HTTP/1.1", "Host: a", self.auth,
                                             "Content-Type: application/json", "Connection: close",
                                             "Transfer-Encoding: chunked"], chunks))
            self.assertEqual([r[0] for r in replies], [status])

    def test_bulk_takes_eight_megabytes(self):
        body = b"[" + b"1," * 150000 + b'"' + b"x" * (8 * 1024 * 1024 - 300004) + b'"]'
        status, _, reply = self.server.request("POST", "/v1/bulk", body)
        self.assertEqual((status, json.loads(reply)), (200, {"values": 150002}))

    def test_values_beyond_the_limit(self):
        body = b"[" + b"1," * 200000 + b"1]"
        status, _, reply = self.server.request("POST", "/v1/bulk", body)
        self.assertEqual((status, json.loads(reply)["code"]), (400, "too_deep"))

    def test_deep_json_is_refused_fast(self):
        body = b"[" * (8 * 1024 * 1024 - 1)
        begun = time.monotonic()
        status, _, reply = self.server.request("POST", "/v1/bulk", body)
        self.assertEqual((status, json.loads(reply)["code"]), (400, "too_deep"))
        self.assertLess(time.monotonic() - begun, 5)

    def test_head_larger_than_the_connection_memory(self):
        data = request(["GET /healthz HTTP/1.1", "Host: a", "X: " + "y" * 20000])
        self.assertIn(self.exchange(data)[0][0], (413, 431))

    def test_address_too_long(self):
        data = request(["GET /" + "a" * 2048 + " HTTP/1.1", "Host: a"])
        self.assertEqual(self.exchange(data)[0][0], 414)

    def test_large_reply_arrives_whole(self):
        status, headers, body = self.server.request("GET", "/v1/big")
        self.assertEqual(status, 200)
        self.assertEqual(len(body), int(headers["content-length"]))
        self.assertEqual(len(json.loads(body)), 1024)

    def test_client_that_leaves_while_its_request_runs(self):
        for _ in range(20):
            with self.server.connect() as sock:
                sock.sendall(request(self.post("Content-Length: 8", path="/v1/sleep"),
                                     b'{"ms":9}'))
        self.assertEqual(self.server.request("GET", "/healthz")[0], 200)

    def test_same_key_from_many_connections_happens_once(self):
        replies = []

        def send():
            replies.append(self.server.request("POST", "/v1/notes", {"text": "once"},
                                               headers={"Idempotency-Key": "race"}))
        threads = [threading.Thread(target=send) for _ in range(32)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual({r[0] for r in replies}, {201})
        self.assertEqual(len({r[2] for r in replies}), 1)
        self.assertEqual(sum("idempotent-replayed" in r[1] for r in replies), 31)


class Slow(Case):
    options = ("--head-s", "2")

    def cut_after(self, first, drip, every_s):
        """Seconds until the server closes on a client that sends one byte now and then."""
        begun = time.monotonic()
        with self.server.connect() as sock:
            sock.sendall(first)
            sock.settimeout(every_s)
            while time.monotonic() - begun < 30:
                try:
                    if sock.recv(1000) == b"":
                        break
                except socket.timeout:
                    pass
                except ConnectionError:
                    break
                try:
                    sock.sendall(drip)
                except OSError:
                    break
        return time.monotonic() - begun

    def test_dripping_head_is_cut(self):
        self.assertLess(self.cut_after(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ", b"y", 0.45), 7)

    def test_dripping_head_on_a_kept_connection_is_cut(self):
        first = request(["GET /healthz HTTP/1.1", "Host: a"])
        begun = time.monotonic()
        with self.server.connect() as sock:
            sock.sendall(first)
            read_replies(sock, 1)
            sock.settimeout(0.45)
            sock.sendall(b"GET ")
            cut = False
            while not cut and time.monotonic() - begun < 20:
                try:
                    sock.sendall(b"/")
                    cut = sock.recv(1000) == b""
                except socket.timeout:
                    pass
                except OSError:
                    cut = True
        self.assertTrue(cut)
        self.assertLess(time.monotonic() - begun, 9)

    def test_dripping_body_is_cut(self):
        first = request(self.post("Content-Length: 10000"))
        self.assertLess(self.cut_after(first, b" ", 0.45), 12)

    def test_honest_client_beside_them_is_served(self):
        socks = [self.server.connect() for _ in range(200)]
        for sock in socks:
            sock.sendall(b"POST /v1/empty HTTP/1.1\r\nHost:")
        begun = time.monotonic()
        for _ in range(50):
            self.assertEqual(self.server.request("POST", "/v1/empty", {})[0], 200)
        self.assertLess((time.monotonic() - begun) / 50, 0.1)
        for sock in socks:
            sock.close()


class Limits(Case):
    options = ("--queue-max", "4", "--rate-percent", "10")

    def test_rate_limit_refuses_and_says_when(self):
        replies = [self.server.request("GET", "/v1/rare") for _ in range(8)]
        statuses = [r[0] for r in replies]
        self.assertEqual(statuses[:5], [200] * 5)
        self.assertIn(429, statuses[5:])
        refused = next(r for r in replies if r[0] == 429)
        self.assertEqual(refused[1]["retry-after"], "1")
        self.assertEqual(json.loads(refused[2])["code"], "rate_limited")
        self.assertRegex(refused[1]["ratelimit"], r'^"key";r=0;t=\d+$')
        # another key has a bucket of its own
        self.assertEqual(self.server.request("GET", "/v1/rare", key="programs:read")[0], 200)
        time.sleep(1.1)
        self.assertEqual(self.server.request("GET", "/v1/rare")[0], 200)

    def test_overload_is_refused_at_once(self):
        self.server.request("POST", "/v1/empty", {})
        replies, threads = [], []

        def send():
            begun = time.monotonic()
            reply = self.server.request("POST", "/v1/sleep", {"ms": 300})
            replies.append((reply, time.monotonic() - begun))
        for _ in range(16):
            threads.append(threading.Thread(target=send))
            threads[-1].start()
        for t in threads:
            t.join()
        refused = [r for r in replies if r[0][0] == 503]
        self.assertTrue(refused)
        self.assertTrue([r for r in replies if r[0][0] == 200])
        for reply, seconds in refused:
            self.assertEqual(reply[1]["retry-after"], "1")
            self.assertEqual(json.loads(reply[2])["code"], "overloaded")
            self.assertLess(seconds, 0.25)


class Guessing(Case):
    options = ("--proxy", "127.0.0.1")

    def test_unknown_keys_of_one_address_are_slowed_down(self):
        statuses = {}
        connection = self.server.http()
        for i in range(80):
            reply = self.server.request("GET", "/v1/notes", key="hb_live_x", connection=connection,
                                        headers={"X-Forwarded-For": "10.0.0.1, 203.0.113.7"})
            statuses[reply[0]] = statuses.get(reply[0], 0) + 1
        self.assertGreaterEqual(statuses[401], 60)
        self.assertGreater(statuses[429], 10)
        reply = self.server.request("GET", "/v1/notes", key="hb_live_x",
                                    headers={"X-Forwarded-For": "203.0.113.7, 10.0.0.2"})
        self.assertEqual(reply[0], 401)
        connection.close()


class Crowd(Case):
    options = ("--connections", "300")

    def test_connections_beyond_the_limit_wait_and_the_rest_is_served(self):
        socks = [self.server.connect() for _ in range(290)]
        for sock in socks:
            sock.sendall(request(self.post("Content-Length: 2"), b"{}"))
        for sock in socks:
            self.assertEqual(read_replies(sock, 1)[0][0], 200)
        for sock in socks:
            sock.close()

    def test_a_multiple_of_128_ready_at_once_does_not_stall(self):
        for n in (128, 256):
            socks = [self.server.connect() for _ in range(n)]
            begun = time.monotonic()
            for _ in range(3):
                for sock in socks:
                    sock.sendall(request(["GET /healthz HTTP/1.1", "Host: a"]))
                for sock in socks:
                    self.assertEqual(read_replies(sock, 1)[0][0], 200)
            self.assertLess(time.monotonic() - begun, 5)
            for sock in socks:
                sock.close()


class Stopping(unittest.TestCase):
    def test_what_runs_is_finished_and_answered(self):
        server = loopback.Testd(PROGRAM)
        with server.connect() as sock, server.connect() as idle:
            idle.sendall(request(["GET /healthz HTTP/1.1", "Host: a"]))
            read_replies(idle, 1)
            auth = f"Authorization: Bearer {server.keys['all']}"
            sock.sendall(request(["POST /v1/sleep HTTP/1.1", "Host: a", auth,
                                  "Content-Type: application/json", "Content-Length: 11"],
                                 b'{"ms": 700}'))
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
            with self.assertRaises(OSError):
                server.connect().close()
            reply = read_replies(sock)[0]
            self.assertEqual(reply[0], 200)
            self.assertEqual(reply[1]["connection"], "close")
            self.assertEqual(idle.recv(10), b"")
        self.assertEqual(server.stop(), 0)

    def test_it_does_not_wait_for_ever(self):
        server = loopback.Testd(PROGRAM, "--grace-s", "1")
        auth = f"Authorization: Bearer {server.keys['all']}"
        socks = [server.connect() for _ in range(2)]
        for sock in socks:
            sock.sendall(request(["POST /v1/sleep HTTP/1.1", "Host: a", auth,
                                  "Content-Type: application/json", "Content-Length: 12"],
                                 b'{"ms": 2000}'))
        time.sleep(0.3)
        begun = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - begun, 6)
        for sock in socks:
            sock.close()

    def test_many_in_flight(self):
        server = loopback.Testd(PROGRAM)
        statuses = []

        def send():
            try:
                statuses.append(server.request("POST", "/v1/sleep", {"ms": 20})[0])
            except (OSError, Exception):  # refused after the stop began: nothing was promised
                statuses.append(None)
        threads = [threading.Thread(target=send) for _ in range(40)]
        for t in threads:
            t.start()
        time.sleep(0.15)
        self.assertEqual(server.stop(), 0)
        for t in threads:
            t.join()
        self.assertIn(200, statuses)
        self.assertTrue(set(statuses) <= {200, None})


if __name__ == "__main__":
    unittest.main(verbosity=2)
