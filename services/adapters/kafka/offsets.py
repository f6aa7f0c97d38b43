"""Which offset of a partition may be committed when records are settled out of order, and which cannot be this log's."""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition


def beyond_the_end(consumer: AIOKafkaConsumer, place: Mapping[TopicPartition, int]) -> bool:
    """Whether the next offset of any assigned partition lies beyond the end that the last fetch told."""
    ends = {partition: consumer.highwater(partition) for partition in consumer.assignment()}
    return any(end is not None and place.get(partition, 0) > end for partition, end in ends.items())


class Settled:
    """The records of one partition that were taken and not yet committed."""

    def __init__(self) -> None:
        self._open: dict[int, bool] = {}  # by offset, ascending: whether it is settled

    def take(self, offset: int) -> None:
        """A record was given out; offsets grow."""
        self._open[offset] = False

    def settle(self, offset: int) -> int | None:
        """The offset to commit, next after the last record before which all are settled; None when that has not moved."""
        if offset not in self._open:
            return None
        self._open[offset] = True
        commit = None
        while self._open and self._open[first := next(iter(self._open))]:
            del self._open[first]
            commit = first + 1
        return commit
