"""Values of PyTorch for TextCNN and DPCNN: logits, every gradient and the losses of ten training steps, in float64.

Remake the files (needs torch and numpy):

    python crates/models-text/tests/pytorch/make.py

Each network is written as in its paper, one document at a time: PyTorch knows no ragged batch. The batch holds empty documents and
documents of one token.
"""
import os
import sys

import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "cnn-core", "tests", "pytorch"))
from counter import dropout_mask  # noqa: E402
from store import Values, lattice, leaf  # noqa: E402

COMMAND = "python crates/models-text/tests/pytorch/make.py"
SKIP = 4294967295  # a token that keeps its place and adds nothing


def drawn(table, first_seed):
    return {path: leaf(lattice(seed, shape, scale)) for seed, (path, (shape, scale)) in enumerate(table.items(), start=first_seed)}


def ten_steps(parameters, frozen, documents, targets, dropout, features_of, optimiser, after_step):
    """Logits and gradients of the first step, the losses of all ten, and the logits of a prediction after the last.

    `dropout` is (probability, convention); masks are those of run seed 9, steps 0 to 9, samples 100, 101, ...
    """
    probability, convention = dropout
    keep, samples, out = 1 - probability, list(range(100, 100 + len(documents))), ["out.weight", "out.bias"]

    def logits_of(step):
        features = torch.stack([features_of(parameters, document) for document in documents])
        if step is not None and probability:
            mask = dropout_mask(9, step, 0, samples, features.shape[1], keep)
            features = features * mask / (keep if convention == "inverted" else 1.0)
        elif convention == "halved":
            features = features * keep
        return F.linear(features, *[parameters[path] for path in out])

    targets = torch.tensor(targets)
    start = {path: parameter.detach().clone() for path, parameter in parameters.items()}
    losses, found = [], {}
    for step in range(10):
        optimiser.zero_grad()
        logits = logits_of(step)
        loss = F.cross_entropy(logits, targets)
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            found["logits"] = logits
            for path, parameter in parameters.items():
                if path not in frozen:
                    found[f"d {path}"] = parameter.grad.clone()
        optimiser.step()
        after_step(parameters)
    for path, value in start.items():
        found[f"start {path}"] = value
    found["losses"] = torch.stack(losses)
    found["predicted"] = logits_of(None)
    found["targets"] = targets
    return found


# TextCNN

def text_cnn_features(parameters, widths, vectors, independent):
    """Max over time of every filter; an independent document also meets the window that touches no token, ReLU(b)."""
    pooled = []
    for place, width in enumerate(widths):
        weight, bias = parameters[f"convs.{place}.weight"], parameters[f"convs.{place}.bias"]
        candidates = [bias] if independent else []
        padded = F.pad(vectors.T, (width - 1, width - 1)) if independent else vectors.T
        if len(vectors) and padded.shape[1] >= width:
            candidates += list(F.conv1d(padded[None], weight, bias)[0].T)
        if candidates:
            pooled.append(F.relu(torch.stack(candidates)).amax(0))
        else:
            pooled.append(torch.zeros(len(bias)))
    return torch.cat(pooled)


def text_cnn(values):
    documents = [[3, 1, 4, 1], [], [5], [9, 2, 6, 5, 3, 5, 8], [9, 7], [9, 3, 2, 3, 8, 4, 6, 2, 6]]
    targets = [0, 2, 1, 1, 0, 2]
    for name, widths, filters, independent, variant, limit, dropout in [
        ("rand", [2, 3, 4], [3, 2, 4], True, "rand", 0.75, (0.5, "halved")),
        ("valid", [2, 3, 4], [3, 2, 4], False, "rand", None, (0.25, "inverted")),
        ("static", [1, 3], [3, 3], True, "static", None, (0.0, "inverted")),
        ("multichannel", [2, 5], [3, 3], True, "multichannel", None, (0.0, "halved")),
    ]:
        table = {"embedding.weight": ((10, 5), 1.0)}
        if variant == "multichannel":
            table["static_embedding.weight"] = ((10, 5), 1.0)
        for place, (width, count) in enumerate(zip(widths, filters)):
            table[f"convs.{place}.weight"], table[f"convs.{place}.bias"] = ((count, 5, width), 0.5), ((count,), 0.25)
        table["out.weight"], table["out.bias"] = ((3, sum(filters)), 1.0), ((3,), 0.25)
        parameters = drawn(table, 200)
        frozen = {"static": {"embedding.weight"}, "multichannel": {"static_embedding.weight"}, "rand": set()}[variant]

        def features(p, document, widths=widths, independent=independent, variant=variant):
            ids = torch.tensor(document, dtype=torch.long)
            vectors = F.embedding(ids, p["embedding.weight"])
            if variant == "multichannel":
                # One set of filters over both channels, the results added before the ReLU; the bias enters once.
                vectors = vectors + F.embedding(ids, p["static_embedding.weight"])
            return text_cnn_features(p, widths, vectors, independent)

        def after_step(p, limit=limit):
            if limit:
                with torch.no_grad():
                    norms = p["out.weight"].norm(dim=1, keepdim=True)
                    p["out.weight"].copy_(torch.where(norms > limit, p["out.weight"] * limit / norms, p["out.weight"]))

        trained = [p for path, p in parameters.items() if path not in frozen]
        optimiser = torch.optim.Adadelta(trained, lr=1.0, rho=0.9375, eps=2.0**-10)
        found = ten_steps(parameters, frozen, documents, targets, dropout, features, optimiser, after_step)
        values.case(name, {"documents": documents, "widths": widths, "filters": filters, "independent": independent,
                           "variant": variant, "max_norm": limit, "dropout": dropout, "adadelta": {"rho": 0.9375, "epsilon": 2.0**-10}}, **found)


# DPCNN

def region_bag(parameters, document, region):
    rows = []
    for centre in range(len(document)):
        words = set(document[max(0, centre - region // 2): centre + region // 2 + 1]) - {SKIP}
        rows.append(sum((parameters["embedding.weight"][word] for word in sorted(words)), torch.zeros(4)))
    rows = torch.stack(rows) if rows else torch.zeros(0, 4)
    return rows + parameters["region_bag.bias"] if "region_bag.bias" in parameters else rows


def region_conv(parameters, document):
    vectors = [torch.zeros(5) if word == SKIP else parameters["embedding.weight"][word] for word in document]
    if not vectors:
        return torch.zeros(0, 4)
    return F.conv1d(torch.stack(vectors).T[None], parameters["region.weight"], parameters.get("region.bias"), padding=1)[0].T


def dpcnn_top(p, e, blocks, ceil):
    def conv(block, which, x):
        return F.conv1d(x, p[f"blocks.{block}.{which}.weight"], p.get(f"blocks.{block}.{which}.bias"), padding=1)

    if len(e) == 0:
        return torch.zeros(4)
    x = e.T[None]
    x = x + conv(0, "conv2", F.relu(conv(0, "conv1", x)))  # no activation before the very first convolution
    for block in range(1, blocks):
        x = F.max_pool1d(x, 3, 2, 1, ceil_mode=ceil)
        x = x + conv(block, "conv2", F.relu(conv(block, "conv1", F.relu(x))))
    return x[0].amax(1)


def dpcnn(values):
    documents = [[], [3], [1, 2], [4, 4, 0], [7, 3, SKIP, 5, 3, 6, 8, 1, 2], list(range(9)) * 2 + [2, 2], [SKIP, 6]]
    targets = [1, 0, 1, 1, 0, 1, 0]
    for name, region, blocks, biased, ceil, dropout in [
        ("bag_3_ceil", 3, 3, True, True, (0.5, "halved")),
        ("bag_1_floor_unbiased", 1, 4, False, False, (0.0, "halved")),
        ("vectors_floor", None, 3, True, False, (0.25, "inverted")),
    ]:
        table = {"embedding.weight": ((9, 4 if region else 5), 1.0)}
        if region and biased:
            table["region_bag.bias"] = ((4,), 0.25)
        if not region:
            table["region.weight"], table["region.bias"] = ((4, 5, 3), 0.5), ((4,), 0.25)
        for block in range(blocks):
            for which in ("conv1", "conv2"):
                table[f"blocks.{block}.{which}.weight"] = ((4, 4, 3), 0.5)
                if biased:
                    table[f"blocks.{block}.{which}.bias"] = ((4,), 0.25)
        table["out.weight"], table["out.bias"] = ((2, 4), 0.5), ((2,), 0.25)
        parameters = drawn(table, 300)

        def features(p, document, region=region, blocks=blocks, ceil=ceil):
            e = region_bag(p, document, region) if region else region_conv(p, document)
            return dpcnn_top(p, e, blocks, ceil)

        optimiser = torch.optim.SGD(parameters.values(), lr=2.0**-6, momentum=0.875)
        found = ten_steps(parameters, set(), documents, targets, dropout, features, optimiser, lambda p: None)
        values.case(name, {"documents": documents, "region_size": region, "blocks": blocks, "bias": biased,
                           "dropout": dropout, "pooled_length": "ceil" if ceil else "floor", "sgd": {"lr": 2.0**-6, "momentum": 0.875}}, **found)


for file, make in [("textcnn.json", text_cnn), ("dpcnn.json", dpcnn)]:
    values = Values(COMMAND)
    make(values)
    values.write(os.path.join(HERE, file))
