"""A second reader of the format in docs/format.md: Python's standard library and nothing else."""
import base64, hashlib, hmac, json, re, sys


def gf(a, b):
    p = 0
    for _ in range(8):
        p ^= a * (b & 1)
        a, b = (a << 1) ^ (0x11B if a & 0x80 else 0), b >> 1
    return p


def box(x):
    inverse = out = next((y for y in range(256) if gf(x, y) == 1), 0)
    for n in (1, 2, 3, 4):
        out ^= (inverse << n | inverse >> (8 - n)) & 0xFF
    return out ^ 0x63


SBOX = [box(x) for x in range(256)]
DOUBLE = [gf(x, 2) for x in range(256)]


class Refused(Exception):
    pass


def schedule(key):
    words, rcon = [list(key[i:i + 4]) for i in range(0, 32, 4)], 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0], rcon = word[0] ^ rcon, DOUBLE[rcon]
        elif i % 8 == 4:
            word = [SBOX[b] for b in word]
        words.append([a ^ b for a, b in zip(words[i - 8], word)])
    return [sum(words[i:i + 4], []) for i in range(0, 60, 4)]


def aes(keys, block):
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number, key in enumerate(keys[1:], 1):
        state = [SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < 14:
            mixed = []
            for c in range(0, 16, 4):
                s = state[c:c + 4]
                mixed += [DOUBLE[s[i]] ^ DOUBLE[s[(i + 1) % 4]] ^ s[(i + 1) % 4] ^ s[(i + 2) % 4] ^ s[(i + 3) % 4] for i in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, key)]
    return bytes(state)


def ghash(h, data):
    y, h = 0, int.from_bytes(h, "big")
    for i in range(0, len(data), 16):
        x, v, y = y ^ int.from_bytes(data[i:i + 16], "big"), h, 0
        for bit in range(127, -1, -1):
            y, v = y ^ (v if x >> bit & 1 else 0), (v >> 1) ^ (0xE1 << 120 if v & 1 else 0)
    return y.to_bytes(16, "big")


def aead_open(key, sealed, aad):
    if len(sealed) < 29 or sealed[0] != 1:
        raise Refused("not sealed in this format")
    nonce, body, tag = sealed[1:13], sealed[13:-16], sealed[-16:]
    keys, fill = schedule(key), lambda data: data + bytes(-len(data) % 16)
    lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * len(body)).to_bytes(8, "big")
    digest = ghash(aes(keys, bytes(16)), fill(aad) + fill(body) + lengths)
    stream = b"".join(aes(keys, nonce + (i + 1).to_bytes(4, "big")) for i in range(len(body) // 16 + 2))
    if not hmac.compare_digest(bytes(a ^ b for a, b in zip(digest, stream)), tag):
        raise Refused("does not authenticate")
    return bytes(a ^ b for a, b in zip(body, stream[16:]))


def enc(*fields):
    data = [f.to_bytes(4, "big") if isinstance(f, int) else f.encode() if isinstance(f, str) else f for f in fields]
    return b"".join(len(f).to_bytes(4, "big") + f for f in data)


def hkdf(key, info, length):
    prk = hmac.digest(b"byok/1", key, "sha256")
    return hmac.digest(prk, info + b"\x01", "sha256")[:length]


def number(value):
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise Refused("no version or epoch")
    return value


def read_text(text, prefix):
    # ASCII throughout: other digits, letters and blanks are not these.
    text = text.strip(" \t\r\n").translate({letter: letter - 32 for letter in range(97, 123)})
    parts = re.fullmatch(prefix + "-([1-9][0-9]{0,9})-([A-Z2-7]{51}[AQ])-([A-Z2-7]{6})", text)
    if not parts or base64.b32encode(hashlib.sha256(text[:-7].encode()).digest())[:6].decode() != parts[3]:
        raise Refused("not a key")
    return number(int(parts[1])), base64.b32decode(parts[2] + "====")


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise Refused("names a field twice")
    return dict(pairs)


def data_key(v):
    if "data_key" in v:
        return read_text(v["data_key"], "BYOKD1")
    epoch, master = read_text(v["master_key"], "BYOKM1")
    key = aead_open(master, bytes.fromhex(v["wrapped"]), enc("data-key", v["org"], number(v["data_epoch"]), epoch))
    if len(key) != 32:
        raise Refused("not a data key")
    return v["data_epoch"], key


def open_key(v):
    epoch, key = data_key(v)
    seal = hkdf(key, enc("seal", v["org"], v["provider"]), 32)
    aad = enc(1, v["org"], v["provider"], number(v["version"]), epoch, v["settings"], v["hint"])
    padded = aead_open(seal, bytes.fromhex(v["sealed"]), aad)
    payload = padded.rstrip(b"\0")
    if len(padded) % 64 or payload[-1:] != b"\x80" or len(padded) - len(payload) > 63:
        raise Refused("not padded")
    fields = json.loads(payload[:-1].decode(), object_pairs_hook=once)
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise Refused("holds no credential")
    if any("\ud800" <= letter <= "\udfff" for letter in "".join([*fields, *fields.values()])):
        raise Refused("holds half a character")
    return fields


def passphrase(v):
    epoch, key = data_key(v)
    return {"passphrase": hkdf(key, enc("wrap", v["org"], v["provider"]), 32).hex(), "epoch": epoch}


if __name__ == "__main__":
    answers = []
    for vector in json.load(sys.stdin):
        try:
            answers.append({"fields": open_key(vector)} if "sealed" in vector else passphrase(vector))
        except (Refused, ValueError, RecursionError) as refused:
            answers.append({"refused": str(refused)})
    json.dump(answers, sys.stdout)
