"""Steps of torch.optim, for tests/optimizer_pytorch.rs: writes optimizers.json beside itself. Needs torch and numpy.

All numbers are f32, written as the shortest decimals that read back as the same f32. Settings are rounded to f32
before torch sees them, because the Rust side holds them as f32. Each case has its gradients of every step and the
parameter after every step; SparseAdam's move some rows of a table only, listed as `rows`.
"""

import json
import pathlib

import numpy as np
import torch

STEPS = 10
SHAPE = (6, 5)


def f32(value):
    """The f64 of the nearest f32."""
    return float(np.float32(value))


def numbers(tensor):
    return [float(str(value)) for value in tensor.detach().flatten().numpy()]


def main():
    generator = torch.Generator().manual_seed(20260101)
    torch.set_num_threads(1)
    torch.sparse.check_sparse_tensor_invariants.enable()
    lr = {name: f32(value) for name, value in dict(sgd=0.1, momentum=0.05, adam=0.01, delta=1.0, grad=0.1).items()}
    decay, beta1, beta2, rho = f32(1e-3), f32(0.9), f32(0.999), f32(0.95)
    eps8, eps6, eps10 = f32(1e-8), f32(1e-6), f32(1e-10)
    adam = dict(lr=lr["adam"], betas=(beta1, beta2), eps=eps8)
    plan = [
        ("sgd", torch.optim.SGD, dict(lr=lr["sgd"])),
        ("sgd_momentum_decay", torch.optim.SGD, dict(lr=lr["momentum"], momentum=beta1, weight_decay=decay)),
        ("adam", torch.optim.Adam, adam),
        ("adamw", torch.optim.AdamW, dict(adam, weight_decay=decay)),
        ("adadelta", torch.optim.Adadelta, dict(lr=lr["delta"], rho=rho, eps=eps6)),
        ("adadelta_decay", torch.optim.Adadelta, dict(lr=lr["delta"], rho=rho, eps=eps6, weight_decay=decay)),
        ("adagrad", torch.optim.Adagrad, dict(lr=lr["grad"], eps=eps10)),
        ("adagrad_decay", torch.optim.Adagrad, dict(lr=lr["grad"], eps=eps10, weight_decay=decay)),
        ("sparse_adam", torch.optim.SparseAdam, adam),
    ]
    cases = []
    for name, optimizer_class, settings in plan:
        parameter = torch.nn.Parameter(torch.randn(SHAPE, generator=generator))
        optimizer = optimizer_class([parameter], **settings)
        case = dict(name=name, width=SHAPE[1], settings={k: v for k, v in settings.items() if k != "betas"}, steps=[])
        if "betas" in settings:
            case["settings"]["beta1"], case["settings"]["beta2"] = settings["betas"]
        case["start"] = numbers(parameter)
        for _ in range(STEPS):
            step = {}
            if optimizer_class is torch.optim.SparseAdam:
                rows = torch.randperm(SHAPE[0], generator=generator)[:3].sort().values
                gradient = torch.randn((3, SHAPE[1]), generator=generator)
                parameter.grad = torch.sparse_coo_tensor(rows[None], gradient, SHAPE, is_coalesced=True)
                step["rows"] = rows.tolist()
            else:
                gradient = torch.randn(SHAPE, generator=generator)
                parameter.grad = gradient.clone()
            optimizer.step()
            step["grad"], step["param"] = numbers(gradient), numbers(parameter)
            case["steps"].append(step)
        cases.append(case)
    text = json.dumps(dict(torch=torch.__version__.split("+")[0], cases=cases))
    text = text.replace('{"name"', '\n{"name"').replace('{"grad"', '\n {"grad"').replace('{"rows"', '\n {"rows"')
    pathlib.Path(__file__).with_name("optimizers.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
