"""Byte-level BPE in CLIP's own file format: training, encoding, and the two files.

ids: 256 bytes, 256 bytes that end a word (`</w>`), the merges in order, then <|startoftext|> and
<|endoftext|>; so every text can be encoded, and the end token has the highest id.
"""
import collections
import json
import re

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
PATTERN = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")


def byte_symbols():
    """byte -> printable character, as GPT-2 and CLIP map them, in CLIP's order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = {byte: chr(byte) for byte in printable}
    for byte in range(256):
        if byte not in symbols:
            symbols[byte] = chr(256 + len(symbols) - len(printable))
    return symbols


SYMBOLS = byte_symbols()


def words_of(text):
    """Lower-cased words, each a tuple of symbols whose last carries `</w>`."""
    for word in PATTERN.findall(" ".join(text.lower().split())):
        symbols = [SYMBOLS[byte] for byte in word.encode("utf-8")]
        symbols[-1] += WORD_END
        yield tuple(symbols)


def merged(symbols, pair):
    result, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            result.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            result.append(symbols[i])
            i += 1
    return tuple(result)


def train(texts, vocab_size):
    """The merges [(left, right)] most frequent in `texts`; ties go to the pair that sorts first."""
    counts = collections.Counter(word for text in texts for word in words_of(text))
    words = sorted(counts.items())
    merges = []
    while len(merges) < vocab_size - 512 - 2:
        pairs = collections.Counter()
        for word, count in words:
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = [(merged(word, best), count) for word, count in words]
    return merges


class Tokenizer:
    def __init__(self, merges):
        self.merges = [tuple(pair) for pair in merges]
        singles = list(SYMBOLS.values())
        tokens = singles + [single + WORD_END for single in singles]
        tokens += [left + right for left, right in self.merges] + [START, END]
        self.ids = {token: i for i, token in enumerate(tokens)}
        self.ranks = {pair: i for i, pair in enumerate(self.merges)}
        self.start_id, self.end_id = self.ids[START], self.ids[END]
        self.known = {}

    def encode(self, text, context_length, dropout=0.0, rng=None):
        """text -> ids with start and end, at most `context_length`, the end kept.

        With `dropout`, that share of the merges of each word is skipped (BPE-dropout), so that
        training sees words in pieces, as a misspelt word will come.
        """
        ids = [self.start_id]
        for word in words_of(text):
            if dropout > 0 and rng.random() < dropout:
                ids += self.split(word, 0.3, rng)
            else:
                if word not in self.known:
                    self.known[word] = self.split(word)
                ids += self.known[word]
        return ids[: context_length - 1] + [self.end_id]

    def split(self, word, dropout=0.0, rng=None):
        while len(word) > 1:
            pairs = [
                p
                for p in zip(word, word[1:])
                if p in self.ranks and not (dropout and rng.random() < dropout)
            ]
            if not pairs:
                break
            word = merged(word, min(pairs, key=self.ranks.get))
        return [self.ids[symbol] for symbol in word]

    def save(self, folder):
        """Writes vocab.json and merges.txt."""
        with open(folder / "vocab.json", "w", encoding="utf-8") as out:
            json.dump(self.ids, out, ensure_ascii=False, separators=(",", ":"))
            out.write("\n")
        with open(folder / "merges.txt", "w", encoding="utf-8") as out:
            out.write(
                "#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in self.merges)
            )

    @staticmethod
    def load(folder):
        lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")[1:]
        return Tokenizer([tuple(line.split(" ")) for line in lines if line])
