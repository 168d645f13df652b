# SPDX-License-Identifier: Apache-2.0
"""proxy.py - a TCP proxy before PostgreSQL that knows where messages begin and end.

It counts the messages of the connections that matter from the moment a Fault is armed, and does to
the n-th what the fault says: cuts the connection before it or in its middle, lets it wait, or
drops everything from it on.  A fault happens once.

A message's label is its direction (> to the server, < from it), its type, and for a text to be
prepared the text's first word: ">P COMMIT", "<C COMMIT", ">S".
"""
import select
import socket
import struct
import threading
import time

CHUNK = 1 << 16
STARTUP = 8  # bytes: length and version


class Fault:
    """What happens, and where: at message number `at` from now on, or at the `at`-th message that
    begins with `label`, of connections in that role (None: all)."""

    def __init__(self, kind, at=1, label="", role="writer", seconds=0):
        self.kind, self.at, self.label, self.role, self.seconds = kind, at, label, role, seconds
        self.seen, self.happened = 0, None
        self.labels = []

    def strikes(self, link, label):
        if self.happened or self.role not in (None, link.role):
            return False
        self.labels.append(label)
        if not label.startswith(self.label):
            return False
        self.seen += 1
        if self.seen == self.at:
            self.happened = label
        return self.seen == self.at


class Link(threading.Thread):
    """One connection: a thread that carries messages both ways."""

    def __init__(self, proxy, client, server):
        super().__init__(daemon=True)
        self.proxy, self.client, self.server = proxy, client, server
        self.role = "watch"  # it only begins and rolls back
        self.read = {client: b"", server: b""}
        self.started = self.swallows = False

    def run(self):
        try:
            while True:
                ready, _, _ = select.select([self.client, self.server], [], [], 0.5)
                for source in ready:
                    if not self.carry(source):
                        return
        except (OSError, ValueError):
            pass
        finally:
            self.end(rst=False)

    def carry(self, source):
        chunk = source.recv(CHUNK)
        if not chunk:
            return False
        if self.swallows or self.proxy.is_hole:
            return True
        self.read[source] += chunk
        while True:
            n = self.message_length(source)
            if n is None or len(self.read[source]) < n:
                return True
            message, self.read[source] = self.read[source][:n], self.read[source][n:]
            if not self.handle(source, message):
                return False

    def message_length(self, source):
        """Of the message that begins the buffer, None when that is not there yet."""
        head = self.read[source]
        if source is self.client and not self.started:
            return struct.unpack("!I", head[:4])[0] if len(head) >= STARTUP else None
        return struct.unpack("!I", head[1:5])[0] + 1 if len(head) >= 5 else None

    def label_of(self, source, message):
        if source is self.client and not self.started:
            return ">startup"
        label = ("<>"[source is self.client]) + message[:1].decode()
        if label == ">P":
            text = message[5:].split(b"\0", 2)[1]
            label += " " + text.split(None, 1)[0].decode() if text else ""
            if b"READ ONLY" in text:
                self.role = "reader"
            if text.startswith(b"COMMIT"):
                self.role = "writer"
        if label == "<C":
            label += " " + message[5:].rstrip(b"\0").decode()
        return label

    def handle(self, source, message):
        """Carries the message on unless a fault is due.  False: the connection is over."""
        if self.swallows:
            return True
        target = self.server if source is self.client else self.client
        label = self.label_of(source, message)
        self.started = True
        fault = self.proxy.fault
        if fault and fault.strikes(self, label):
            if fault.kind.startswith("half"):
                target.sendall(message[:len(message) // 2])
            if fault.kind == "delay":
                time.sleep(fault.seconds)
            elif fault.kind == "hole":
                self.swallows = True
                return True
            else:
                self.end(rst=fault.kind.endswith("rst"))
                return False
        target.sendall(message)
        return True

    def end(self, rst):
        for sock in (self.client, self.server):
            try:
                if rst:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()


class Proxy:
    """Listens on .port for a server that listens on a socket in a folder."""

    def __init__(self, folder):
        self.path = f"{folder}/.s.PGSQL.5432"
        self.fault = None
        self.is_hole = False  # everything disappears, on all connections
        self.links = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.path)
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.links = [link for link in self.links if link.is_alive()]
            link = Link(self, client, server)
            link.start()
            self.links.append(link)

    def cut_all(self):
        for link in self.links:
            link.end(rst=True)

    def close(self):
        self.listener.close()
