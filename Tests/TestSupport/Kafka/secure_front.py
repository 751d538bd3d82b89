"""TLS and passwords before brokers that know neither, for tests.

    client --TLS--> front port 1 --TCP--> broker port 1        one front port for every broker

Usage: secure_front.py CERTIFICATE KEY USER PASSWORD BROKER_PORT...
The first line of output is the fronts' addresses, in the order of the brokers.

A connection has two phases. Until the client has proved who it is, its requests are answered here:
SaslHandshake and SaslAuthenticate for PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512; only ApiVersions is
the broker's answer, with these two added. From then on frames are passed on as they are, but that the
ports in answers that name brokers (Metadata, FindCoordinator) become those of the fronts.

SIGUSR1: from then on Metadata answers say that every topic has one partition more, which is led by the
broker of the last: the brokers' topics cannot grow. The front ends by itself after half an hour.

Source: Kafka protocol guide; RFC 4616 (PLAIN), RFC 5802 and 7677 (SCRAM).
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import signal
import ssl
import struct
import sys

METADATA, FIND_COORDINATOR, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 3, 10, 17, 18, 36
UNSUPPORTED_MECHANISM, AUTHENTICATION_FAILED = 33, 58
MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
HOST = b"127.0.0.1"
LIFETIME_SECONDS = 1800


class Refused(Exception):
    """The client is not who it says."""


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


async def read_frame(reader):
    length = struct.unpack(">i", await reader.readexactly(4))[0]
    return await reader.readexactly(length)


async def write_frame(writer, frame):
    writer.write(struct.pack(">i", len(frame)) + frame)
    await writer.drain()


class Request:
    """A request frame: the fields of its header, and what comes behind."""

    def __init__(self, frame):
        self.frame = frame
        self.key, self.version, self.id, length = struct.unpack_from(">hhih", frame)
        self.body = frame[10 + max(length, 0) :]

    def answer(self, body):
        return struct.pack(">i", self.id) + body


class Cursor:
    """Goes over the fields of a frame."""

    def __init__(self, frame, position):
        self.frame, self.position = frame, position

    def number(self, form):
        value = struct.unpack_from(">" + form, self.frame, self.position)[0]
        self.position += struct.calcsize(">" + form)
        return value

    def skip_text(self):
        length = self.number("h")
        self.position += max(length, 0)

    def skip_numbers(self):
        count = self.number("i")
        self.position += 4 * count


def grown(answer, version):
    """A Metadata answer of versions 0 to 2, with one partition more of every topic."""
    cursor = Cursor(answer, 4)
    for _ in range(cursor.number("i")):
        cursor.number("i"), cursor.skip_text(), cursor.number("i")
        if version >= 1:
            cursor.skip_text()
    if version >= 2:
        cursor.skip_text()
    if version >= 1:
        cursor.number("i")
    result, copied = b"", 0
    for _ in range(cursor.number("i")):
        cursor.number("h"), cursor.skip_text()
        if version >= 1:
            cursor.number("b")
        place = cursor.position
        count = cursor.number("i")
        for _ in range(count):
            start = cursor.position
            cursor.number("h"), cursor.number("i"), cursor.number("i")
            cursor.skip_numbers(), cursor.skip_numbers()
        if count > 0:
            last = answer[start : cursor.position]
            added = last[:2] + struct.pack(">i", count) + last[6:]
            result += answer[copied:place] + struct.pack(">i", count + 1)
            result += answer[place + 4 : cursor.position] + added
            copied = cursor.position
    return result + answer[copied:]


class Plain:
    def __init__(self, user, password):
        self.expected = (user, password)

    def step(self, message):
        _, user, password = message.decode().split("\0")
        if (user, password) != self.expected:
            raise Refused
        return b"", True


class Scram:
    ITERATIONS = 4096

    def __init__(self, digest, user, password):
        self.digest, self.user, self.password = digest, user, password
        self.first = None

    def step(self, message):
        return self.finish(message.decode()) if self.first else (self.begin(message.decode()), False)

    def begin(self, message):
        bare = message.split(",", 2)[2]
        fields = dict(field.split("=", 1) for field in bare.split(","))
        self.user_given, self.nonce = fields["n"], fields["r"] + secrets.token_hex(12)
        self.salt = secrets.token_bytes(16)
        salt = base64.b64encode(self.salt).decode()
        server = f"r={self.nonce},s={salt},i={self.ITERATIONS}"
        self.first = f"{bare},{server}"
        return server.encode()

    def finish(self, message):
        without_proof, proof = message.rsplit(",p=", 1)
        signed = f"{self.first},{without_proof}".encode()
        salted = hashlib.pbkdf2_hmac(
            self.digest, self.password.encode(), self.salt, self.ITERATIONS
        )
        client_key = self.mac(salted, b"Client Key")
        signature = self.mac(hashlib.new(self.digest, client_key).digest(), signed)
        expected = bytes(a ^ b for a, b in zip(client_key, signature))
        is_right = hmac.compare_digest(expected, base64.b64decode(proof))
        # As Kafka does: librdkafka sends its own nonce twice before the server's part.
        is_answer = without_proof.endswith(self.nonce)
        if not is_right or not is_answer or self.user_given != self.user:
            raise Refused
        server = self.mac(self.mac(salted, b"Server Key"), signed)
        return b"v=" + base64.b64encode(server), True

    def mac(self, key, message):
        return hmac.new(key, message, self.digest).digest()


class Front:
    def __init__(self, certificate, key, user, password, broker_ports):
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.user, self.password = user, password
        self.broker_ports = broker_ports
        self.ports = {}
        self.has_grown = False

    def grow(self):
        self.has_grown = True

    async def serve(self):
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.grow)
        servers = []
        for port in self.broker_ports:
            handler = lambda reader, writer, port=port: self.connection(reader, writer, port)
            server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=self.tls)
            self.ports[port] = server.sockets[0].getsockname()[1]
            servers.append(server)
        addresses = (f"127.0.0.1:{self.ports[port]}" for port in self.broker_ports)
        print(",".join(addresses), flush=True)
        await asyncio.sleep(LIFETIME_SECONDS)

    async def connection(self, reader, writer, port):
        broker = None
        try:
            broker = await asyncio.open_connection("127.0.0.1", port)
            await self.authenticate(reader, writer, broker)
            await self.relay(reader, writer, broker)
        except (OSError, EOFError, Refused):
            # The client or the broker has gone, or is let go.
            pass
        finally:
            for end in [writer] + ([broker[1]] if broker else []):
                end.close()

    async def authenticate(self, reader, writer, broker):
        mechanism = None
        is_known = False
        while not is_known:
            request = Request(await read_frame(reader))
            if request.key == API_VERSIONS:
                await write_frame(broker[1], request.frame)
                answer = await read_frame(broker[0])
                await write_frame(writer, self.with_sasl(answer, request))
            elif request.key == SASL_HANDSHAKE:
                name = request.body[2:].decode()
                mechanism = self.mechanism(name)
                error = 0 if mechanism else UNSUPPORTED_MECHANISM
                names = struct.pack(">hi", error, len(MECHANISMS)) + b"".join(map(text, MECHANISMS))
                await write_frame(writer, request.answer(names))
            elif request.key == SASL_AUTHENTICATE and mechanism:
                answer, is_known = self.prove(mechanism, request)
                await write_frame(writer, answer)
                if answer[4:6] != b"\0\0":
                    raise Refused
            else:
                raise Refused

    def mechanism(self, name):
        if name == "PLAIN":
            return Plain(self.user, self.password)
        if name in MECHANISMS:
            digest = name.removeprefix("SCRAM-").replace("-", "").lower()
            return Scram(digest, self.user, self.password)
        return None

    def prove(self, mechanism, request):
        lifetime = struct.pack(">q", 0) if request.version >= 1 else b""
        try:
            proof, is_known = mechanism.step(request.body[4:])
        except (Refused, ValueError, KeyError):
            reason = text("Authentication failed: Invalid username or password")
            body = struct.pack(">h", AUTHENTICATION_FAILED) + reason + struct.pack(">i", 0)
            return request.answer(body + lifetime), False
        body = struct.pack(">hhi", 0, -1, len(proof)) + proof
        return request.answer(body + lifetime), is_known

    @staticmethod
    def with_sasl(answer, request):
        """Adds the two requests to an ApiVersions answer of a version before 3."""
        error, count = struct.unpack_from(">hi", answer, 4)
        if error or request.version > 2:
            return answer
        added = struct.pack(">hhhhhh", SASL_HANDSHAKE, 0, 1, SASL_AUTHENTICATE, 0, 1)
        end = 10 + count * 6
        return answer[:6] + struct.pack(">i", count + 2) + answer[10:end] + added + answer[end:]

    async def relay(self, reader, writer, broker):
        naming_brokers = {}

        async def requests():
            while True:
                request = Request(await read_frame(reader))
                if request.key in (METADATA, FIND_COORDINATOR):
                    naming_brokers[request.id] = request
                await write_frame(broker[1], request.frame)

        async def answers():
            while True:
                answer = await read_frame(broker[0])
                id = struct.unpack_from(">i", answer)[0]
                if request := naming_brokers.pop(id, None):
                    answer = self.renamed(answer)
                    if self.has_grown and request.key == METADATA:
                        answer = grown(answer, request.version)
                await write_frame(writer, answer)

        tasks = [asyncio.create_task(requests()), asyncio.create_task(answers())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    def renamed(self, answer):
        for port in self.broker_ports:
            former = HOST + struct.pack(">i", port)
            answer = answer.replace(former, HOST + struct.pack(">i", self.ports[port]))
        return answer


if __name__ == "__main__":
    *identity, user, password = sys.argv[1:5]
    front = Front(*identity, user, password, [int(port) for port in sys.argv[5:]])
    asyncio.run(front.serve())
