"""Builds binary property lists that plistlib would not write."""


def overlapping(objects: int, size: int) -> bytes:
    """An array of many objects that are all the same data.

    Args:
        size: Bytes of the data.
    """
    array = b"\xaf\x12" + objects.to_bytes(4, "big")
    array += b"".join(number.to_bytes(4, "big") for number in range(1, objects + 1))
    data = b"\x4f\x12" + size.to_bytes(4, "big") + bytes(size)
    header = b"bplist00"
    places = [len(header)] + [len(header + array)] * objects
    return written(header + array + data, places)


def written(content: bytes, places: list[int]) -> bytes:
    """A property list of objects, the first of which is the outermost.

    Args:
        content: The header and the objects.
        places: Where in it each object begins.
    """
    table = b"".join(place.to_bytes(4, "big") for place in places)
    sizes = bytes(6) + bytes([4, 4])
    numbers = (len(places), 0, len(content))
    return content + table + sizes + b"".join(number.to_bytes(8, "big") for number in numbers)
