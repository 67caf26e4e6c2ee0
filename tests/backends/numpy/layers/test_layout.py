"""The memory layout of images is a detail: shapes and values are what they were."""

from __future__ import annotations

import numpy as np
import pytest

from actreg.backends.numpy.layers.layout import batch_first, batch_last, cells, padded, unpadded, window_counts

X = np.random.default_rng(0).standard_normal((3, 2, 5, 4))


def test_there_and_back_is_the_identity():
    """batch_first undoes batch_last, and a second batch_last copies nothing."""
    moved = batch_last(X)
    assert moved.shape == (2, 5, 4, 3)
    assert moved.flags.c_contiguous
    np.testing.assert_array_equal(batch_first(moved), X)
    assert np.shares_memory(batch_last(batch_first(moved)), moved)


def test_padding_can_be_taken_away():
    """The cells around are the given value, those inside the array's; without padding nothing is copied."""
    full = padded(X, (2, 1), -7.0)
    assert full.shape == (3, 6, 7, 4)
    np.testing.assert_array_equal(unpadded(full, (2, 1)), X)
    assert np.sum(full == -7.0) == full.size - X.size
    assert padded(X, (0, 0)) is X


@pytest.mark.parametrize(("kernel", "stride"), [((2, 3), (1, 1)), ((2, 2), (2, 2)), ((1, 2), (3, 2))])
def test_cells_cover_every_window(kernel, stride):
    """Each place's view holds that place of every window, row by row."""
    image = np.arange(2 * 7 * 6 * 2).reshape(2, 7, 6, 2)
    rows, columns = window_counts((7, 6), kernel, stride)
    views = list(cells(image, kernel, stride))
    assert len(views) == kernel[0] * kernel[1]
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride[0], column * stride[1]
            window = image[:, top : top + kernel[0], left : left + kernel[1]].reshape(2, -1, 2)
            np.testing.assert_array_equal(np.stack([view[:, row, column] for view in views], axis=1), window)
