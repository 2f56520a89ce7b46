"""The values that a tag is known to have before anybody holds one."""

from shared.domain.measures.model import Value
from shared.domain.segments.comparing import same
from shared.domain.tags.kinds import ManualTag, RfmTag, RuleTag
from shared.domain.tags.model import Tag
from shared.domain.tags.rfm import RFM_CLASSES


def known_values(tag: Tag) -> tuple[Value, ...]:
    """Every value in the order of the definition; nothing where any value can come."""
    match tag.how:
        case RuleTag(values=values, otherwise=otherwise):
            found = tuple(one.value for one in values)
            if otherwise is None or any(same(otherwise, value) for value in found):
                return found
            return (*found, otherwise)
        case RfmTag():
            return tuple(one.value for one in RFM_CLASSES)
        case ManualTag(values=allowed):
            return tuple(one.value for one in allowed)
        case _:
            return ()
