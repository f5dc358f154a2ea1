"""What lives allow: nobody dies before they are born, and a family is formed while its partners live.

Only what is certain counts, with room for dates that are qualified (`timeline.leeway`). Nothing is concluded from
children: whoever is adopted may be born before a parent, or a parent may be dead by then.
"""

from __future__ import annotations

from scenes.model import LifeEvent
from timeline.interval import BEGINNING
from timeline.leeway import widest
from timeline.statement import said_day


def never_lived(birth: LifeEvent | None, death: LifeEvent | None) -> tuple[str, ...]:
    """Why somebody cannot have been born and have died so, in two parts of a sentence; empty: they can.

    >>> never_lived(LifeEvent("birth", existence="1712"), LifeEvent("death", existence="1710"))
    ('was born no earlier than 1 January 1712 (1712)', 'had died by 31 December 1710 (1710)')
    >>> never_lived(LifeEvent("birth", existence="1712~"), LifeEvent("death", existence="1710"))
    ()
    """
    if birth is None or death is None or not birth.existence or not death.existence:
        return ()
    born, died = widest(birth.existence), widest(death.existence)
    if died.end_latest > born.start_earliest:
        return ()
    return (
        f"was born no earlier than {said_day(born.start_earliest)} ({birth.existence})",
        f"had died by {said_day(died.end_latest - 1)} ({death.existence})",
    )


def not_alive(
    marriage: LifeEvent | None, birth: LifeEvent | None, death: LifeEvent | None
) -> tuple[str, str] | tuple[()]:
    """Why a partner cannot have formed a family: when that was, and what of their life is against it; empty: they can.

    >>> not_alive(LifeEvent("marriage", existence="1735"), LifeEvent("birth", existence="1740"), None)
    ('was formed by 31 December 1735 (1735)', 'was born no earlier than 1 January 1740 (1740)')
    """
    if marriage is None or not marriage.existence:
        return ()
    formed = widest(marriage.existence)
    if birth is not None and birth.existence:
        born = widest(birth.existence)
        if BEGINNING < formed.start_latest < born.start_earliest:
            return (
                f"was formed by {said_day(formed.start_latest)} ({marriage.existence})",
                f"was born no earlier than {said_day(born.start_earliest)} ({birth.existence})",
            )
    if death is not None and death.existence:
        died = widest(death.existence)
        if formed.start_earliest >= died.end_latest:
            return (
                f"was formed no earlier than {said_day(formed.start_earliest)} ({marriage.existence})",
                f"had died by {said_day(died.end_latest - 1)} ({death.existence})",
            )
    return ()
