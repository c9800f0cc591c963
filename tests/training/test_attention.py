"""Attention in blocks against torch's own."""

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional

from elvisbot.training.attention import BLOCK, attention

LEARNING = SimpleNamespace(training=True)


@pytest.mark.parametrize(("heads", "shared"), [(4, 4), (6, 2), (3, 1)])
@pytest.mark.parametrize("tokens", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_equals_torchs_own_with_its_gradients(heads: int, shared: int, tokens: int) -> None:
    torch.manual_seed(tokens)
    query = torch.randn(2, heads, tokens, 8, requires_grad=True)
    key, value = (torch.randn(2, shared, tokens, 8, requires_grad=True) for _ in range(2))
    ours, weights = attention(LEARNING, query, key, value)
    theirs = functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, enable_gqa=True
    ).transpose(1, 2)
    assert weights is None
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    pull = torch.randn_like(theirs)
    wanted = torch.autograd.grad(theirs, (query, key, value), pull)
    for found, right in zip(
        torch.autograd.grad(ours, (query, key, value), pull), wanted, strict=True
    ):
        torch.testing.assert_close(found, right, atol=1e-5, rtol=1e-5)


def test_queries_after_cached_keys_see_all_of_them() -> None:
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, 2, BLOCK + 9, 8) for _ in range(3))
    whole, _ = attention(LEARNING, query, key, value)
    rest, _ = attention(LEARNING, query[:, :, -3:], key, value)
    torch.testing.assert_close(rest, whole[:, -3:])


def test_scales_as_it_is_told() -> None:
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, 2, 5, 8) for _ in range(3))
    ours, _ = attention(LEARNING, query, key, value, scaling=1.0)
    theirs = functional.scaled_dot_product_attention(query, key, value, is_causal=True, scale=1.0)
    torch.testing.assert_close(ours, theirs.transpose(1, 2), atol=1e-5, rtol=1e-5)


def test_drops_weights_while_training_only() -> None:
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, 2, 40, 8) for _ in range(3))
    plain, _ = attention(LEARNING, query, key, value)
    dropped, _ = attention(LEARNING, query, key, value, dropout=0.5)
    kept, _ = attention(SimpleNamespace(training=False), query, key, value, dropout=0.5)
    assert not torch.equal(plain, dropped)
    assert torch.equal(plain, kept)
