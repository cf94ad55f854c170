"""Values of PyTorch for LeNet-5, both variants: scores, every gradient and the losses of ten training steps, in float64.

Remake the file (needs torch and numpy):

    python crates/models-vision/tests/pytorch/make.py

The weights are not stored but drawn by the same integer recurrence in Python and Rust (`lattice` of cnn-core's store.py), and the
gradients of C5 and F6 are reduced to row sums, weighted row sums and a sample, so that 60,000 numbers fit a small file.
"""
import os
import sys

import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "cnn-core", "tests", "pytorch"))
from store import Values, digest, lattice, leaf  # noqa: E402

values = Values("python crates/models-vision/tests/pytorch/make.py")
STORED_WHOLE = 200  # entries; a larger gradient is stored as its digest

C3_TABLE = ["012", "123", "234", "345", "045", "015", "0123", "1234", "2345", "0345", "0145", "0125", "0134", "1245", "0235",
            "012345"]
CODES = """1c 36 63 63 63 63 63 63 36 1c 00 00|0c 1c 3c 0c 0c 0c 0c 0c 0c 3f 00 00|3e 63 63 03 06 0c 18 30 60 7f 00 00
7f 03 06 0c 1e 03 03 03 63 3e 00 00|06 0e 1e 36 66 66 7f 06 06 06 00 00|7f 60 60 7e 63 03 03 03 63 3e 00 00
1e 30 60 60 7e 73 63 63 63 3e 00 00|7f 03 03 06 06 0c 0c 18 18 18 00 00|3e 63 63 63 3e 63 63 63 63 3e 00 00
3e 63 63 63 67 3f 03 03 06 3c 00 00"""
ROWS = [row for line in CODES.splitlines() for row in line.split("|")]
CENTRES = torch.tensor([[1.0 if int(byte, 16) >> (6 - column) & 1 else -1.0 for byte in row.split() for column in range(7)]
                        for row in ROWS])

# path: shape, scale (a power of two)
SHARED = {"c1.weight": ((6, 1, 5, 5), 0.25), "c1.bias": ((6,), 0.25), "c5.weight": ((120, 16, 5, 5), 0.0625),
          "c5.bias": ((120,), 0.25), "f6.weight": ((84, 120), 0.125), "f6.bias": ((84,), 0.25)}
CLASSIC = {**SHARED, "c3_sparse.weight": ((60, 5, 5), 0.125), "c3_sparse.bias": ((16,), 0.25), "s2.weight": ((6,), 0.5),
           "s2.bias": ((6,), 0.25), "s4.weight": ((16,), 0.5), "s4.bias": ((16,), 0.25)}
MODERN = {**SHARED, "c3.weight": ((16, 6, 5, 5), 0.125), "c3.bias": ((16,), 0.25), "out.weight": ((10, 84), 0.25),
          "out.bias": ((10,), 0.25)}


def squash(x):
    return 1.7159 * torch.tanh(2 * x / 3)


def trainable_pool(x, coefficient, bias):
    return 4 * F.avg_pool2d(x, 2) * coefficient[:, None, None] + bias[:, None, None]


def classic_penalties(p, x):
    place, dense = 0, torch.zeros(16, 6, 5, 5)
    for out, inputs in enumerate(C3_TABLE):
        for source in inputs:
            one = torch.zeros(16, 6, 1, 1)
            one[out, int(source)] = 1.0
            dense, place = dense + one * p["c3_sparse.weight"][place], place + 1
    x = squash(F.conv2d(x, p["c1.weight"], p["c1.bias"]))
    x = squash(trainable_pool(x, p["s2.weight"], p["s2.bias"]))
    x = squash(F.conv2d(x, dense, p["c3_sparse.bias"]))
    x = squash(trainable_pool(x, p["s4.weight"], p["s4.bias"]))
    x = squash(F.conv2d(x, p["c5.weight"], p["c5.bias"])).flatten(1)
    x = squash(F.linear(x, p["f6.weight"], p["f6.bias"]))
    return ((x[:, None, :] - CENTRES) ** 2).sum(2)


def modern_logits(p, x, activation, pool):
    x = pool(activation(F.conv2d(x, p["c1.weight"], p["c1.bias"])), 2)
    x = pool(activation(F.conv2d(x, p["c3.weight"], p["c3.bias"])), 2)
    x = activation(F.conv2d(x, p["c5.weight"], p["c5.bias"])).flatten(1)
    x = activation(F.linear(x, p["f6.weight"], p["f6.bias"]))
    return F.linear(x, p["out.weight"], p["out.bias"])


def mean_squared(penalties, targets):
    return penalties[torch.arange(len(targets)), targets].mean()


def maximum_a_posteriori(penalties, targets, j=100.0):
    rubbish = torch.full((len(targets), 1), j)
    return mean_squared(penalties, targets) + torch.logsumexp(torch.cat([-rubbish, -penalties], 1), 1).mean()


def record(name, table, settings, forward, loss_of, optimiser_of, sign):
    parameters, described = {}, []
    for seed, (path, (shape, scale)) in enumerate(table.items(), start=1):
        parameters[path] = leaf(lattice(seed, shape, scale))
        described.append({"path": path, "shape": shape, "seed": seed, "scale": scale})
    images, targets = lattice(1000, (3, 1, 32, 32)), torch.tensor([3, 0, 7])
    optimiser, losses, tensors = optimiser_of(list(parameters.values())), [], {}
    for step in range(10):
        optimiser.zero_grad()
        outputs = forward(parameters, images)
        loss = loss_of(outputs, targets)
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            tensors["scores"] = sign * outputs
            for path, parameter in parameters.items():
                if parameter.numel() <= STORED_WHOLE:
                    tensors[f"d {path}"] = parameter.grad.clone()
                else:
                    for part, numbers in digest(parameter.grad, 101).items():
                        tensors[f"d {path} {part}"] = numbers.clone()
        optimiser.step()
    images_described = {"shape": [3, 1, 32, 32], "seed": 1000, "scale": 1.0}
    values.case(name, {**settings, "parameters": described, "images": images_described, "stride": 101}, targets=targets,
                losses=torch.stack(losses), **tensors)


def sgd(rate):
    return lambda parameters: torch.optim.SGD(parameters, lr=rate)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=2.0**-10, eps=2.0**-20)


record("classic_mean_squared", CLASSIC, {"loss": "mean_squared", "sgd": 2.0**-10}, classic_penalties, mean_squared, sgd(2.0**-10), -1)
record("classic_map", CLASSIC, {"loss": "map", "j": 100.0, "sgd": 2.0**-10}, classic_penalties, maximum_a_posteriori, sgd(2.0**-10), -1)
record("modern_tanh_average", MODERN, {"adam": 2.0**-10, "epsilon": 2.0**-20},
       lambda p, x: modern_logits(p, x, torch.tanh, F.avg_pool2d), F.cross_entropy, adam, 1)
record("modern_relu_max", MODERN, {"adam": 2.0**-10, "epsilon": 2.0**-20},
       lambda p, x: modern_logits(p, x, F.relu, F.max_pool2d), F.cross_entropy, adam, 1)
values.write(os.path.join(HERE, "lenet5.json"))
