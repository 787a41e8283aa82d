from __future__ import annotations

import json
from math import prod

import pytest

from cnnspec.errors import UsageError
from cnnspec.numerics.tables import TABLES, layer_table

PUBLISHED = {
    # layers, weights, multiply-adds in thousand millions of one sample, as published for the convolution layers
    "resnet50": (53, 23_454_912, 4.09),
    "vgg16": (13, 14_710_464, 15.35),
    "mobilenetv2": (52, 2_189_760, 0.30),
    "convnext": (58, 27_756_000, 4.45),
    "unet3d": (18, 19_069_955 - 2_339, 266.7),  # the paper's parameters without its biases
}


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_add_up_to_the_networks(name: str) -> None:
    table = layer_table(name)
    count, weights, work = PUBLISHED[name]
    assert sum(layer.count for layer in table.layers) == count
    assert sum(layer.count * prod(layer.weight_shape) for layer in table.layers) == weights
    assert sum(layer.count * layer.work for layer in table.layers) / 1e9 == pytest.approx(work, rel=0.01)
    assert "arXiv" in table.source
    assert len({layer.name for layer in table.layers}) == len(table.layers)


def test_layers_follow_one_another() -> None:
    vgg = layer_table("vgg16").layers
    assert all(layer.outputs == layer.extents for layer in vgg)
    unet = layer_table("unet3d").layers
    assert unet[-1].outputs == (44, 44, 28)
    assert [layer.outputs for layer in unet if layer.transposed] == [(18, 18, 14), (28, 28, 20), (48, 48, 32)]


def test_a_table_of_ones_own(tmp_path) -> None:
    path = tmp_path / "mine.json"
    row = {"channels": [3, 4], "extents": [7, 11], "kernel": [3, 2], "padding": [[1, 0], 2], "stride": [2, 3]}
    path.write_text(json.dumps({"layers": [row]}))
    (layer,) = layer_table(str(path)).layers
    assert (layer.weight_shape, layer.padding, layer.outputs) == ((4, 3, 3, 2), ((1, 0), (2, 2)), (3, 5))
    for change in ({"kernel": [3]}, {"operation": "pool"}, {"channels": 3}):
        path.write_text(json.dumps({"layers": [{**row, **change}]}))
        with pytest.raises(UsageError, match="is no layer table"):
            layer_table(str(path))
    path.write_text("{")
    with pytest.raises(UsageError, match="is no layer table"):
        layer_table(str(path))
    with pytest.raises(UsageError, match=r"there is no layer table 'alexnet'; there are resnet50, .*JSON file"):
        layer_table("alexnet")
