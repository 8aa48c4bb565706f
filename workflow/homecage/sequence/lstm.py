"""Stacked LSTM layers that train faster on a CPU than torch's own, with the same numbers.

Backpropagation through time is written by hand for wide layers: all that needs no other step (the
product with the input, the slopes of the gates, the gradients of the weights) is done for all steps
at once, and what no weight needs is left out. It is plain torch and needs no compiler.

Letters: T steps, B batch, D inputs, U units.
"""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from homecage.running.precision import autocast

aten = torch.ops.aten

WIDE_UNITS = 256
"""From this width on the layer written by hand is the faster one; below, its loop costs more than
the arithmetic (as measured at 64 to 512 units)."""


class StackedLSTM(nn.LSTM):
    """``nn.LSTM`` in batch-first form: the same weights, names and numbers; faster to train.

    It takes and gives no state: each sequence starts from zero.
    """

    precision = torch.float32
    """What training multiplies matrices in, on a GPU or by hand; weights and states are float32."""

    def __init__(self, inputs: int, units: int, layers: int, dropout: float) -> None:
        between = dropout if layers > 1 else 0.0
        super().__init__(inputs, units, layers, batch_first=True, dropout=between)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """Return the last layer's hidden states (B, T, U) from inputs (B, T, D) and a zero state."""
        hidden: Tensor
        if not self.training:
            hidden, _ = super().forward(x)
            return hidden
        if x.is_cuda:
            with autocast(self.precision, x.device):
                hidden, _ = super().forward(x)
            return hidden.float()
        hidden = x.transpose(0, 1)
        by_hand = partial(train_layer, precision=self.precision)
        layer = by_hand if self.hidden_size >= WIDE_UNITS else _run_layer
        for number, weights in enumerate(self.all_weights):
            hidden = layer(drop(hidden, self.dropout) if number else hidden, *weights)
        return hidden.transpose(0, 1)


def drop(x: Tensor, rate: float) -> Tensor:
    """Do what ``F.dropout`` does in training, in a tenth of its time on a CPU.

    Four values share one random number of 64 bits: the rate is rounded to a multiple of 2^-16.
    """
    if not rate or x.is_cuda:
        return F.dropout(x, rate)
    dropped = min(round(rate * 2**16), 2**16 - 1)
    random = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    kept = random.view(torch.int16)[: x.numel()].view(x.shape) >= dropped - 2**15
    return x * kept.to(x.dtype).mul_(2**16 / (2**16 - dropped))


def train_layer(x: Tensor, *weights: Tensor, precision: torch.dtype | None = None) -> Tensor:
    """Return a layer's hidden states (T, B, U) from its inputs (T, B, D) and a zero state.

    Args:
        x: inputs.
        weights: as in ``nn.LSTM``: (4U, D), (4U, U), (4U,) and (4U,), gates in the order i, f, g, o.
        precision: what matrices are multiplied in; none for that of ``x``.
    """
    hidden: Tensor = _Layer.apply(precision or x.dtype, x, *weights)  # type: ignore[no-untyped-call]
    return hidden


def _run_layer(x: Tensor, *weights: Tensor) -> Tensor:
    """Do the same as ``train_layer`` with torch's own kernel."""
    zero = x.new_zeros(1, x.shape[1], weights[1].shape[1])
    return torch.lstm(x, (zero, zero), weights, True, 1, 0.0, True, False, False)[0]


def _multiply(a: Tensor, b: Tensor, precision: torch.dtype) -> Tensor:
    return (a.to(precision) @ b.to(precision)).to(a.dtype)


def _add_product(total: Tensor, a: Tensor, b: Tensor) -> None:
    """Add a product to a total, multiplied in the precision of ``b``."""
    if b.dtype == total.dtype:
        total.addmm_(a, b)
    else:
        total.add_(a.to(b.dtype) @ b)


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        precision: torch.dtype,
        x: Tensor,
        w_input: Tensor,
        w_hidden: Tensor,
        b_input: Tensor,
        b_hidden: Tensor,
    ) -> Tensor:
        steps, batch, inputs = x.shape
        units = w_hidden.shape[1]
        x = x.reshape(-1, inputs)
        # Read at each step: its rows should lie together.
        w_back = w_hidden.t().to(precision, memory_format=torch.contiguous_format)
        gates = _multiply(x, w_input.t(), precision).add_(b_input + b_hidden)
        gates = gates.view(steps, batch, -1)
        g, tanh_c = x.new_empty((2, steps, batch, units))
        h, c = x.new_empty((2, steps + 1, batch, units))  # [t] before step t, [t + 1] after it
        h[0], c[0] = 0, 0
        per_step = zip(
            gates.unbind(),
            *(gate.unbind() for gate in gates.split(units, dim=2)),
            *(out.unbind() for out in (g, tanh_c, h[:-1], c[:-1], h[1:], c[1:])),
            strict=True,
        )
        for gate, i, f, before_g, o, g_t, tanh_c_t, h_t, c_t, h_next, c_next in per_step:
            _add_product(gate, h_t, w_back)
            torch.tanh(before_g, out=g_t)
            gate.sigmoid_()  # of g too, which is not used: one call in place of two
            torch.mul(i, g_t, out=c_next)
            c_next.addcmul_(f, c_t)
            torch.tanh(c_next, out=tanh_c_t)
            torch.mul(o, tanh_c_t, out=h_next)
        ctx.precision = precision
        ctx.save_for_backward(x, w_input, w_hidden, gates, g, h, c, tanh_c)
        hidden: Tensor = h[1:]
        return hidden

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_hidden: Tensor) -> tuple[Tensor | None, ...]:
        x, w_input, w_hidden, gates, g, h, c, tanh_c = ctx.saved_tensors
        steps, batch, units = d_hidden.shape
        i, f, _, o = gates.split(units, dim=2)
        # Each gate's slope times what the gate multiplies. Times the gradient of the cell (of the
        # hidden state for o), which the loop brings, it is the gradient before the gate.
        d_gates = torch.empty_like(gates)
        d_i, d_f, d_g, d_o = d_gates.split(units, dim=2)
        aten.sigmoid_backward.grad_input(g, i, grad_input=d_i)
        aten.sigmoid_backward.grad_input(c[:-1], f, grad_input=d_f)
        aten.tanh_backward.grad_input(i, g, grad_input=d_g)
        aten.sigmoid_backward.grad_input(tanh_c, o, grad_input=d_o)
        d_ifg = d_gates.view(steps, batch, 4, units)[:, :, :3]
        slope = aten.tanh_backward(o, tanh_c)
        d_h = d_hidden.clone(memory_format=torch.contiguous_format)
        d_c = torch.zeros_like(d_h[0])
        d_c_of_ifg = d_c[:, None].expand(-1, 3, -1)
        w_across = w_hidden.to(ctx.precision)
        per_step = zip(
            *(reversed(each.unbind()) for each in (d_gates, d_ifg, d_o, d_h, slope, f)),
            reversed([None, *d_h.unbind()[:-1]]),
            strict=True,
        )
        for d_gate, d_ifg_t, d_o_t, d_h_t, slope_t, f_t, d_h_before in per_step:
            d_c.addcmul_(d_h_t, slope_t)
            d_ifg_t.mul_(d_c_of_ifg)
            d_o_t.mul_(d_h_t)
            d_c.mul_(f_t)
            if d_h_before is not None:
                _add_product(d_h_before, d_gate, w_across)
        d_gates = d_gates.view(-1, 4 * units)
        d_x = None
        if ctx.needs_input_grad[1]:
            d_x = _multiply(d_gates, w_input, ctx.precision).view(steps, batch, -1)
        d_w_input = _multiply(d_gates.t(), x, ctx.precision)
        d_w_hidden = _multiply(d_gates.t(), h[:-1].view(-1, units), ctx.precision)
        d_bias = d_gates.sum(0)
        return None, d_x, d_w_input, d_w_hidden, d_bias, d_bias
