"""Weights and how they move: gradient in parts, clipped, a step of the optimiser, L1, the running average."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from desktop_app.engine.families.levers import Levers
from desktop_app.engine.optimisers import optimisers, shrink

Loss = Callable[[slice], tuple[Tensor, dict[str, Tensor]]]
"""``loss(part)``: the mean loss of those items of the batch, and figures worth telling."""


class Stepper:
    """Moves one network's weights.

    Parameters
    ----------
    weights
        Those that learn.
    settings
        Levers: optimiser, clipping, L1, parts of a batch, precision.
    betas
        Of the optimiser's moments.
    """

    def __init__(
        self,
        weights: Sequence[nn.Parameter],
        settings: Levers,
        *,
        device: torch.device,
        betas: tuple[float, float] = (0.9, 0.99),
        rate: float | None = None,
    ) -> None:
        self.weights, self.settings, self.device = list(weights), settings, device
        self.rate = settings.learning_rate if rate is None else rate
        self.micro = settings.micro_batch
        """Items worked through together; 0 is the whole batch. Halved when the memory is full."""
        self.optimisers = optimisers(
            settings.optimiser, self.weights, rate=self.rate, weight_decay=settings.weight_decay, betas=betas
        )
        self._base = [[float(group["lr"]) for group in one.param_groups] for one in self.optimisers]
        self.dtype = lower_precision(settings.precision, device)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.dtype == torch.float16)

    # ------------------------------------------------ a step

    def step(self, count: int, loss: Loss, factor: float) -> dict[str, Tensor]:
        """One step on a batch of ``count`` items, at ``factor`` times the learning rate; returns figures."""
        figures = self.gradient(count, loss)
        self.move(factor)
        return figures

    def gradient(self, count: int, loss: Loss) -> dict[str, Tensor]:
        """The gradient of the mean loss, in as many parts as the memory allows; nothing is moved yet.

        When the memory is full the parts are halved and the same batch is tried again with the same randomness; a part
        of one item that does not fit is an error.
        """
        state = _chance(self.device)
        while True:
            found = self._try(count, loss)
            if found is not None:
                return found
            # Out of the except block, whose traceback would keep the tensors alive.
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            _repeat_chance(self.device, state)
            self.micro = max(1, (self.micro or count) // 2)

    def _try(self, count: int, loss: Loss) -> dict[str, Tensor] | None:
        self._forget()
        size, sums = min(self.micro or count, count), dict[str, Tensor]()
        try:
            for start in range(0, count, size):
                part = slice(start, min(start + size, count))
                share = (part.stop - part.start) / count
                with self.autocast():
                    value, figures = loss(part)
                self.scaler.scale(value * share).backward()
                for name, figure in ({"loss": value} | figures).items():
                    sums[name] = sums.get(name, torch.zeros((), device=value.device)) + figure.detach().float() * share
        except (torch.OutOfMemoryError, MemoryError):
            if size <= 1:
                raise
            return None
        except RuntimeError as error:
            if not out_of_memory(error) or size <= 1:
                raise
            return None
        return sums

    def _forget(self) -> None:
        for one in self.optimisers:
            one.zero_grad(set_to_none=True)

    def move(self, factor: float) -> Tensor:
        """Clip the gradient, take a step, shrink by L1; returns the gradient's norm before clipping."""
        for one in self.optimisers:
            self.scaler.unscale_(one)
        limit = self.settings.clip or float("inf")
        norm = nn.utils.clip_grad_norm_(self.weights, limit)
        for one, rates in zip(self.optimisers, self._base, strict=True):
            for group, rate in zip(one.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            self.scaler.step(one)
        self.scaler.update()
        if self.settings.l1:
            shrink(self.weights, self.rate * factor * self.settings.l1)
        return norm

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """Lower precision where it was chosen."""
        if self.dtype is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    # ------------------------------------------------ keeping

    def tensors(self, prefix: str) -> dict[str, Tensor]:
        """The optimisers' moments, the size of a part and the scale of the loss, by name."""
        found = {f"{prefix}.micro": torch.tensor(self.micro)}
        if self.scaler.is_enabled():
            found[f"{prefix}.scale"] = torch.tensor(self.scaler.get_scale())
        for number, one in enumerate(self.optimisers):
            for index, weight in enumerate(_weights_of(one)):
                for name, value in one.state.get(weight, {}).items():
                    found[f"{prefix}.{number}.{index}.{name}"] = torch.as_tensor(value)
        return found

    def load_tensors(self, prefix: str, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave."""
        own = under(f"{prefix}.", tensors)
        self.micro = int(own.pop("micro"))
        if "scale" in own:
            self.scaler = torch.amp.GradScaler(self.device.type, init_scale=float(own.pop("scale")))
        for number, one in enumerate(self.optimisers):
            states: dict[int, dict[str, Tensor]] = {}
            weights = _weights_of(one)
            for name, value in under(f"{number}.", own).items():
                index, key = name.split(".")
                like = weights[int(index)] if value.ndim else value
                # A fused optimiser walks memory, so a moment must lie there as its weight does (channels last).
                states.setdefault(int(index), {})[key] = torch.empty_like(like, requires_grad=False).copy_(value)
            one.load_state_dict({"state": states, "param_groups": one.state_dict()["param_groups"]})


class Average:
    """Power-function average of the weights (Karras et al. 2024, arXiv:2312.02696, equation 122 with γ).

    Its length grows with the training, so that it suits a run of any length and needs no plan. γ = 0 copies the weights.
    """

    def __init__(self, network: nn.Module, average: nn.Module, gamma: float) -> None:
        self._gamma = gamma
        self._weights, self._averages = list(network.parameters()), list(average.parameters())
        self._buffers = list(zip(network.buffers(), average.buffers(), strict=True))

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """After ``step`` steps."""
        beta = (1 - 1 / step) ** (self._gamma + 1) if self._gamma else 0.0
        torch._foreach_lerp_(self._averages, self._weights, 1 - beta)
        for buffer, kept in self._buffers:
            kept.copy_(buffer)


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those whose names begin with ``prefix``, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def module_tensors(**modules: nn.Module) -> dict[str, Tensor]:
    """Weights and buffers of modules, as ``name.key``."""
    return {f"{name}.{key}": value for name, module in modules.items() for key, value in module.state_dict().items()}


def load_modules(tensors: Mapping[str, Tensor], **modules: nn.Module) -> None:
    """Put back what :func:`module_tensors` gave; a missing or foreign tensor is an error."""
    for name, module in modules.items():
        module.load_state_dict(under(f"{name}.", tensors))


@torch.no_grad()
def adopt(module: nn.Module, tensors: Mapping[str, Tensor]) -> tuple[int, int]:
    """Take over weights of the same name and shape; returns how many numbers were taken, and how many there are."""
    taken = total = 0
    for name, value in module.named_parameters():
        total += value.numel()
        if name in tensors and tensors[name].shape == value.shape:
            value.copy_(tensors[name])
            taken += value.numel()
    return taken, total


def lower_precision(choice: str, device: torch.device) -> torch.dtype | None:
    """The 16-bit kind to calculate in, None for 32 bits: by itself bfloat16 on cards that have it, float16 on older ones."""
    if choice == "auto":
        if device.type != "cuda":
            return None
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    return {"float32": None, "bfloat16": torch.bfloat16, "float16": torch.float16}[choice]


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the memory is full; the CPU's allocator says it in words."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in str(error)


def _chance(device: torch.device) -> list[Tensor]:
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device)] if device.type == "cuda" else [])]


def _repeat_chance(device: torch.device, state: list[Tensor]) -> None:
    torch.set_rng_state(state[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state[1], device)


def _weights_of(optimiser: torch.optim.Optimizer) -> list[nn.Parameter]:
    return [weight for group in optimiser.param_groups for weight in group["params"]]
