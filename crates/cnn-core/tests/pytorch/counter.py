"""The counter-based random numbers of cnn-kernels, written again from their description, for masks that PyTorch can apply.

Philox4x32-10 (Salmon et al., SC 2011): the seed is the key, (index, stream) the counter.
"""
import torch

MASK32, MASK64 = 2**32 - 1, 2**64 - 1


def philox4x32(key, counter):
    key, counter = list(key), list(counter)
    for turn in range(10):
        if turn:
            key = [(key[0] + 0x9E3779B9) & MASK32, (key[1] + 0xBB67AE85) & MASK32]
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [second >> 32 ^ counter[1] ^ key[0], second & MASK32, first >> 32 ^ counter[3] ^ key[1], first & MASK32]
    return counter


# The authors' known answers (Random123, kat_vectors).
assert philox4x32([0, 0], [0, 0, 0, 0]) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]


def stream(name):
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK64
    return value


def finalise(z):
    """SplitMix64's finaliser."""
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK64
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK64
    return z ^ z >> 31


def mix(a, b):
    """Two numbers made one."""
    return finalise((finalise((a + 0x9E3779B97F4A7C15) & MASK64) + b) & MASK64)


def dropout_mask(seed, step, layer_seed, samples, units, keep):
    """[samples, units] of 0 and 1: unit u of a sample is kept if a uniform 24-bit number is below `keep`."""
    seed, layer = mix(seed, step), mix(stream("dropout.mask"), layer_seed)
    rows = []
    for sample in samples:
        path, row = mix(layer, sample), []
        for unit in range(units):
            words = philox4x32([seed & MASK32, seed >> 32], [unit // 4, 0, path & MASK32, path >> 32])
            row.append(1.0 if (words[unit % 4] >> 8) / 2**24 < keep else 0.0)
        rows.append(row)
    return torch.tensor(rows)
