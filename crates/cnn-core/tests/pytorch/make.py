"""Values of PyTorch for every layer of cnn-core: outputs and every gradient, computed in float64.

Remake the file (needs torch and numpy):

    python crates/cnn-core/tests/pytorch/make.py

Ragged layers are applied document by document, as PyTorch knows no ragged batch.
"""
import os

import torch
import torch.nn.functional as F

from counter import dropout_mask
from store import Values, gradients, lattice, leaf, per_document

HERE = os.path.dirname(os.path.abspath(__file__))
values = Values("python crates/cnn-core/tests/pytorch/make.py")

C3_TABLE = ["012", "123", "234", "345", "045", "015", "0123", "1234", "2345", "0345", "0145", "0125", "0134", "1245", "0235",
            "012345"]
# Twelve rows of seven pixels per digit, bit 6 is the left column.
CODES = """1c 36 63 63 63 63 63 63 36 1c 00 00|0c 1c 3c 0c 0c 0c 0c 0c 0c 3f 00 00|3e 63 63 03 06 0c 18 30 60 7f 00 00
7f 03 06 0c 1e 03 03 03 63 3e 00 00|06 0e 1e 36 66 66 7f 06 06 06 00 00|7f 60 60 7e 63 03 03 03 63 3e 00 00
1e 30 60 60 7e 73 63 63 63 3e 00 00|7f 03 03 06 06 0c 0c 18 18 18 00 00|3e 63 63 63 3e 63 63 63 63 3e 00 00
3e 63 63 63 67 3f 03 03 06 3c 00 00"""


def codes():
    rows = [row for line in CODES.splitlines() for row in line.split("|")]
    bits = [[1.0 if int(byte, 16) >> (6 - column) & 1 else -1.0 for byte in row.split() for column in range(7)] for row in rows]
    return torch.tensor(bits)


def squash(x):
    return 1.7159 * torch.tanh(2 * x / 3)


def linear():
    x, w, b = leaf(lattice(1, (4, 7))), leaf(lattice(2, (5, 7))), leaf(lattice(3, (5,)))
    up = lattice(4, (4, 5))
    y = F.linear(x, w, b)
    dx, dw, db = gradients(y, up, [x, w, b])
    values.case("linear", x=x, weight=w, bias=b, upstream=up, y=y, dx=dx, dweight=dw, dbias=db)


def conv2d():
    for name, batch, shape, kernel, padding, bias in [
        ("conv2d_plain", 2, (1, 9, 8), (3, 5, 5), (0, 0), True),
        ("conv2d_padded", 2, (3, 5, 4), (4, 3, 2), (1, 1), True),
        ("conv2d_unbiased", 2, (2, 5, 5), (3, 5, 5), (0, 0), False),
    ]:
        x = leaf(lattice(11, (batch, *shape)))
        w = leaf(lattice(12, (kernel[0], shape[0], *kernel[1:])))
        b = leaf(lattice(13, (kernel[0],)))
        y = F.conv2d(x, w, b if bias else None, padding=padding)
        up = lattice(14, y.shape)
        dx, dw, db = gradients(y, up, [x, w, b])
        values.case(name, {"padding": padding, "bias": bias}, x=x, weight=w, bias=b, upstream=up, y=y, dx=dx, dweight=dw,
                    dbias=db)


def ragged_conv(x, lengths, w, b, padding):
    """An empty document has no position, whatever the padding."""
    found = []
    for document in per_document(lengths, x):
        padded = F.pad(document.T, padding)
        if len(document) and padded.shape[1] >= w.shape[2]:
            found.append(F.conv1d(padded[None], w, b)[0].T)
        else:
            found.append(torch.zeros(0, w.shape[0]))
    return torch.cat(found), [len(f) for f in found]


def conv1d():
    lengths = [5, 0, 1, 2, 9, 0, 3]
    for name, padding, kernel, bias in [
        ("conv1d_same", (1, 1), 3, True),
        ("conv1d_wide", (3, 3), 4, True),
        ("conv1d_valid", (0, 0), 3, True),
        ("conv1d_uneven", (2, 0), 2, False),
        ("conv1d_pointwise", (0, 0), 1, True),
    ]:
        x, w, b = leaf(lattice(21, (sum(lengths), 4))), leaf(lattice(22, (5, 4, kernel))), leaf(lattice(23, (5,)))
        y, produced = ragged_conv(x, lengths, w, b if bias else None, padding)
        up = lattice(24, y.shape)
        dx, dw, db = gradients(y, up, [x, w, b])
        values.case(name, {"lengths": lengths, "padding": padding, "bias": bias, "output_lengths": produced}, x=x, weight=w,
                    bias=b, upstream=up, y=y, dx=dx, dweight=dw, dbias=db)


def max_over_time():
    lengths = [4, 0, 1, 7, 2]
    x, floor = leaf(lattice(31, (sum(lengths), 6))), leaf(lattice(32, (6,), 0.5))
    up = lattice(33, (len(lengths), 6))
    for name, documents in [
        ("max_over_time", [d.amax(0) if len(d) else torch.zeros(6) for d in per_document(lengths, x)]),
        ("max_over_time_floor", [torch.cat([d, floor[None]]).amax(0) for d in per_document(lengths, x)]),
    ]:
        y = torch.stack(documents)
        dx, dfloor = gradients(y, up, [x, floor])
        values.case(name, {"lengths": lengths}, x=x, floor=floor, upstream=up, y=y, dx=dx, dfloor=dfloor)


def ragged_max_pool():
    lengths = [9, 0, 1, 2, 3, 10, 4]
    for name, ceil in [("max_pool_floor", False), ("max_pool_ceil", True)]:
        # All below zero in the last channel: padding of zeros would win there.
        x = leaf(lattice(41, (sum(lengths), 3)) - torch.tensor([0.0, 0.0, 2.0]))
        found = [F.max_pool1d(d.T[None], 3, 2, 1, ceil_mode=ceil)[0].T if len(d) else torch.zeros(0, 3)
                 for d in per_document(lengths, x)]
        y = torch.cat(found)
        up = lattice(42, y.shape)
        (dx,) = gradients(y, up, [x])
        values.case(name, {"lengths": lengths, "output_lengths": [len(f) for f in found]}, x=x, upstream=up, y=y, dx=dx)


def embedding():
    documents = [[3, 1, 3], [], [7], [2, 2, 2, 0, 3]]
    table = leaf(lattice(51, (9, 4)))
    y = F.embedding(torch.tensor(sum(documents, [])), table)
    up = lattice(52, y.shape)
    (dtable,) = gradients(y, up, [table])
    values.case("embedding", {"documents": documents}, table=table, upstream=up, y=y, dtable=dtable)


SKIP = 4294967295  # a token that keeps its place and adds nothing


def bag_matrix(documents, region, vocabulary):
    """One row per position: 1 at every word of the region centred there, a word counted once."""
    rows = []
    for document in documents:
        for centre in range(len(document)):
            row = torch.zeros(vocabulary)
            for word in document[max(0, centre - region // 2): centre + region // 2 + 1]:
                if word != SKIP:
                    row[word] = 1.0
            rows.append(row)
    return torch.stack(rows)


def bag_of_words():
    documents = [[3, 1, 3, 5, 5], [], [7], [2, 2, SKIP, 0, 3, 2], [SKIP]]
    for region in (1, 3, 5):
        table, bias = leaf(lattice(61, (9, 4))), leaf(lattice(62, (4,)))
        y = bag_matrix(documents, region, 9) @ table + bias
        up = lattice(63, y.shape)
        dtable, dbias = gradients(y, up, [table, bias])
        values.case(f"bag_of_words_{region}", {"documents": documents, "region_size": region}, table=table, bias=bias,
                    upstream=up, y=y, dtable=dtable, dbias=dbias)


def pooling2d():
    x, up = leaf(lattice(71, (2, 3, 6, 4))), lattice(72, (2, 3, 3, 2))
    y = F.avg_pool2d(x, 2)
    values.case("average_pool2d", x=x, upstream=up, y=y, dx=gradients(y, up, [x])[0])
    y = F.max_pool2d(x, 2)
    values.case("max_pool2d", x=x, upstream=up, y=y, dx=gradients(y, up, [x])[0])
    coefficient, bias = leaf(lattice(73, (3,))), leaf(lattice(74, (3,)))
    y = 4 * F.avg_pool2d(x, 2) * coefficient[:, None, None] + bias[:, None, None]
    dx, dc, db = gradients(y, up, [x, coefficient, bias])
    values.case("trainable_pool2d", x=x, weight=coefficient, bias=bias, upstream=up, y=y, dx=dx, dweight=dc, dbias=db)


def squashing():
    x = leaf(torch.cat([lattice(81, (25,), 8.0), torch.tensor([0.0, 1.0, -1.0, 2.0**-20, -(2.0**-12), 30.0, -100.0])]))
    up = lattice(82, x.shape)
    y = squash(x)
    values.case("squash", x=x, upstream=up, y=y, dx=gradients(y, up, [x])[0])


def sparse_c3():
    """Kernels in table order: map by map, within a map by rising input map."""
    x, kernels, bias = leaf(lattice(91, (2, 6, 5, 6))), leaf(lattice(92, (60, 5, 5))), leaf(lattice(93, (16,)))
    dense, used = torch.zeros(16, 6, 5, 5), 0
    for out, inputs in enumerate(C3_TABLE):
        for source in inputs:
            place = torch.zeros(16, 6, 1, 1)
            place[out, int(source)] = 1.0
            dense, used = dense + place * kernels[used], used + 1
    y = F.conv2d(x, dense, bias)
    up = lattice(94, y.shape)
    dx, dw, db = gradients(y, up, [x, kernels, bias])
    values.case("sparse_c3", x=x, weight=kernels, bias=bias, upstream=up, y=y, dx=dx, dweight=dw, dbias=db)


def rbf():
    x, up = leaf(lattice(101, (3, 84), 2.0)), lattice(102, (3, 10))
    y = ((x[:, None, :] - codes()) ** 2).sum(2)
    values.case("rbf", x=x, upstream=up, y=y, dx=gradients(y, up, [x])[0])


def losses():
    logits = leaf(torch.cat([lattice(111, (4, 5), 4.0), torch.tensor([[80.0, -80.0, 0.0, 1.0, 79.5]])]))
    targets = torch.tensor([0, 3, 4, 1, 4])
    loss = F.cross_entropy(logits, targets)
    (dlogits,) = gradients(loss, None, [logits])
    values.case("cross_entropy", logits=logits, targets=targets, loss=loss, probabilities=logits.softmax(1), dlogits=dlogits)

    weights = torch.tensor([0.125, 1.0, 2.5, 7.0, 40.0])
    loss = torch.nn.CrossEntropyLoss(weight=weights)(logits, targets)
    (dlogits,) = gradients(loss, None, [logits])
    values.case("weighted_cross_entropy", logits=logits, targets=targets, weights=weights, loss=loss, dlogits=dlogits)

    many = torch.tensor([[1.0, 0, 1, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 1, 0, 0, 1], [0, 1, 0, 1, 1]])
    loss = torch.nn.BCEWithLogitsLoss()(logits, many)
    (dlogits,) = gradients(loss, None, [logits])
    values.case("binary_cross_entropy", logits=logits, targets=many, loss=loss, dlogits=dlogits)

    penalties = leaf(lattice(112, (4, 10), 4.0) + 5.0)
    targets = torch.tensor([0, 3, 9, 3])
    correct = penalties[torch.arange(4), targets]
    loss = correct.mean()
    values.case("rbf_mean_squared", penalties=penalties, targets=targets, loss=loss,
                dpenalties=gradients(loss, None, [penalties])[0])
    for name, j in [("rbf_map_small", 1.0), ("rbf_map_large", 100.0)]:
        rubbish = torch.full((4, 1), j)
        loss = (correct + torch.logsumexp(torch.cat([-rubbish, -penalties], 1), 1)).mean()
        values.case(name, {"j": j}, penalties=penalties, targets=targets, loss=loss,
                    dpenalties=gradients(loss, None, [penalties])[0])


def dropout():
    """PyTorch draws masks of its own; here it applies the mask that the counters give, in both conventions."""
    samples, keep = [3, 100, 4711], 0.625
    x, up = leaf(lattice(115, (3, 10))), lattice(116, (3, 10))
    mask = dropout_mask(seed=7, step=20, layer_seed=5, samples=samples, units=10, keep=keep)
    settings = {"probability": 1 - keep, "seed": 7, "step": 20, "layer_seed": 5, "samples": samples}
    for name, y, predicted in [("dropout_inverted", x * mask / keep, x), ("dropout_halved", x * mask, x * keep)]:
        (dx,) = gradients(y, up, [x])
        values.case(name, settings, x=x, upstream=up, y=y, dx=dx, predicted=predicted)


def max_norm():
    weight = torch.cat([lattice(121, (3, 6), 4.0), lattice(122, (1, 6), 0.25), torch.zeros(1, 6)])
    # PyTorch's renorm divides by norm + 1e-7; the definition (scale to the limit exactly) is written out here.
    norms = weight.norm(dim=1, keepdim=True)
    y = torch.where(norms > 3.0, weight * 3.0 / norms, weight)
    assert torch.allclose(y, torch.renorm(weight, 2, 0, 3.0), rtol=1e-6)
    values.case("max_norm", {"limit": 3.0}, weight=weight, y=y)


def optimisers():
    start, steps = lattice(131, (3, 4)), [lattice(132 + i, (3, 4), 0.5) for i in range(4)]
    for name, settings, build in [
        ("sgd", {"lr": 0.125, "momentum": 0.875, "weight_decay": 0.0625},
         lambda p: torch.optim.SGD(p, lr=0.125, momentum=0.875, weight_decay=0.0625)),
        ("adam", {"lr": 0.125, "beta1": 0.875, "beta2": 0.984375, "epsilon": 2.0**-20, "weight_decay": 0.0625},
         lambda p: torch.optim.AdamW(p, lr=0.125, betas=(0.875, 0.984375), eps=2.0**-20, weight_decay=0.0625)),
        ("adadelta", {"lr": 1.0, "rho": 0.9375, "epsilon": 2.0**-20, "weight_decay": 0.0625},
         lambda p: torch.optim.Adadelta(p, lr=1.0, rho=0.9375, eps=2.0**-20, weight_decay=0.0625)),
        ("adagrad", {"lr": 0.125, "epsilon": 2.0**-20, "weight_decay": 0.0625},
         lambda p: torch.optim.Adagrad(p, lr=0.125, eps=2.0**-20, weight_decay=0.0625)),
    ]:
        parameter = leaf(start)
        optimiser, after = build([parameter]), []
        for gradient in steps:
            parameter.grad = gradient.clone()
            optimiser.step()
            after.append(parameter.detach().clone())
        values.case(f"optimiser_{name}", settings, start=start, gradients=torch.stack(steps), after=torch.stack(after))


for make in [linear, conv2d, conv1d, max_over_time, ragged_max_pool, embedding, bag_of_words, pooling2d, squashing, sparse_c3, rbf,
             losses, dropout, max_norm, optimisers]:
    make()
values.write(os.path.join(HERE, "layers.json"))
