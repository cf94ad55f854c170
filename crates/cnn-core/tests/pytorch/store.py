"""How PyTorch's values reach the Rust tests: exact float32 inputs, float64 arithmetic, one small JSON file.

Every input is rounded to float32 *before* PyTorch computes with it in float64, so the only difference left between the file
and a float32 computation of the same formula is that computation's own rounding (and one rounding of the stored answer).

Tensors too large for a committed file (LeNet-5's 48,000-weight C5) are not stored but described: `lattice` draws them in
Python and in Rust from the same integer recurrence, and `digest` reduces a gradient to numbers in which every entry counts.
"""
import json
import os

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def lattice(seed, shape, scale=1.0):
    """Multiples of 2^-15 in [-1, 1) times `scale` (a power of two, so that float32 holds them exactly).

    state <- state * 6364136223846793005 + 1442695040888963407 (mod 2^64), value = (top 16 bits - 32768) / 32768.
    """
    count, state, values = int(np.prod(shape)), seed, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values.append(((state >> 48) - 32768) / 32768.0 * scale)
    return torch.tensor(values).reshape(shape)


def digest(tensor, stride):
    """Per row of axis 0 the sum and a weighted sum of all its entries, then every `stride`-th entry.

    The weights are ((31 j) mod 97) / 97 - 0.5 for entry j of the row: two entries exchanged show.
    """
    rows = tensor.detach().reshape(tensor.shape[0], -1)
    weights = (torch.arange(rows.shape[1]) * 31 % 97) / 97.0 - 0.5
    return {
        "sums": rows.sum(1),
        "weighted": (rows * weights).sum(1),
        "sample": rows.flatten()[::stride],
    }


class Values:
    """Named cases, each with settings (plain JSON) and tensors (shape and float32 values)."""

    def __init__(self, command):
        self.document = {"made_by": command, "torch": torch.__version__.split("+")[0], "cases": {}}

    def case(self, name, settings=None, **tensors):
        assert name not in self.document["cases"], name
        self.document["cases"][name] = {
            "settings": settings or {},
            "tensors": {key: self._stored(value) for key, value in tensors.items()},
        }

    @staticmethod
    def _stored(value):
        if not torch.is_tensor(value):
            value = torch.tensor(value)
        value = value.detach()
        if value.dtype.is_floating_point:
            numbers = [_short(v) for v in value.flatten().numpy()]
        else:
            numbers = value.flatten().tolist()
        return {"shape": list(value.shape), "values": numbers}

    def write(self, path):
        lines = ["{", f' "made_by": {json.dumps(self.document["made_by"])},', f' "torch": "{self.document["torch"]}",',
                 ' "cases": {']
        cases = [f'  {json.dumps(k)}: {json.dumps(v, separators=(",", ":"))}' for k, v in self.document["cases"].items()]
        lines += [",\n".join(cases), " }", "}"]
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        print(f"{path}: {len(self.document['cases'])} cases, {os.path.getsize(path):,} bytes")


def _short(value):
    """The shortest decimal that reads back as the same float32."""
    single = np.float32(value)
    return int(single) if single == int(single) and abs(single) < 1e6 else float(np.format_float_positional(single, unique=True)
                                                                                  if 1e-4 <= abs(single) < 1e6 else str(single))


def leaf(tensor):
    """A tensor whose gradient is kept."""
    return tensor.detach().clone().requires_grad_(True)


def gradients(output, upstream, leaves):
    """d(sum(output * upstream)) / d(leaf) for every leaf, zeros for one that was not used."""
    found = torch.autograd.grad(output, leaves, grad_outputs=upstream, allow_unused=True, retain_graph=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found)]


def per_document(lengths, rows):
    """The documents of a packed tensor, in order."""
    return torch.split(rows, lengths)
