"""Observations as messages of the channel: everything but the arrays is plain JSON."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from cnnspec.implementation import Facts, Observation

if TYPE_CHECKING:
    from cnnspec.harness.channel import Channel, Message

_NOTHING = {part.name: part.default for part in fields(Facts)}


def send_observation(channel: Channel, request: Message, observation: Observation) -> None:
    """Answer a request, with the results in its slot."""
    slot = request["slot"]
    found, end = channel.put(slot, {str(index): array for index, array in enumerate(observation.outputs)})
    seen = {name: getattr(observation.facts, name) for name in _NOTHING}
    facts: dict[str, Any] = {name: value for name, value in seen.items() if value != _NOTHING[name]}
    answer: Message = {"id": request["id"], "kind": observation.kind, "outputs": found, "facts": facts}
    if observation.kind != "returned":
        answer |= {"category": observation.category, "message": observation.message}
    channel.send(answer, slot, at=end)


def read_observation(channel: Channel, slot: int, answer: Message) -> Observation:
    """The observation that an answer holds, its arrays copied out of the slot."""
    facts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in answer["facts"].items()
    }
    outputs = tuple(channel.take(slot, answer["outputs"]).values())
    observation = Observation(answer["kind"], outputs, facts=replace(Facts(), **facts))
    if answer["kind"] == "returned":
        return observation
    return replace(observation, category=answer["category"], message=answer["message"])
