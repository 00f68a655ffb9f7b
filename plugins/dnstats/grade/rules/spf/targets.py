"""Rules about what an SPF record leads to: does it exist, and can it be read?"""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.spf.evidence import RFC7208, SOUND, entering, missed, told
from dnstats.grade.scale import Severity
from dnstats.records.spf import Spf
from dnstats.records.spf_step import End


@rule(
    "SPF014",
    Severity.HIGH,
    reference=f"{RFC7208}#section-5.2",
    passes=[SOUND, {"spf": "v=spf1 include:%{i}.example.net -all"}],
    fails=[
        {"spf": "v=spf1 include:gone.invalid -all"},
        {"spf": "v=spf1 include:text.example -all"},
    ],
)
def include_without_record(spf: Spf) -> str | Abstain | None:
    """SPF includes a domain that has no SPF record.

    Receivers answer permerror as soon as they come to it. Remove the include, or correct its name.
    """
    wrong = (
        step
        for step in spf.steps
        if step.end in (End.VOID, End.NO_RECORD)
        and (step.is_include or (step.is_redirect and step.depth))
    )
    return told(wrong) or missed(spf, entering(spf))


@rule(
    "SPF015",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-6.1",
    passes=[{"spf": "v=spf1 redirect=_spf.example.net"}],
    fails=[{"spf": "v=spf1 redirect=gone.invalid"}, {"spf": "v=spf1 redirect=text.example"}],
)
def redirect_without_record(spf: Spf) -> str | Abstain | None:
    """SPF redirects to a domain that has no SPF record.

    Receivers answer permerror, so there is no policy at all. Correct the name behind `redirect=`.
    """
    own = [step for step in spf.steps if step.is_redirect and not step.depth]
    wrong = (step for step in own if step.end in (End.VOID, End.NO_RECORD))
    return told(wrong) or missed(spf, own)


@rule(
    "SPF016",
    Severity.HIGH,
    reference=f"{RFC7208}#section-5.2",
    passes=[SOUND],
    fails=[{"spf": "v=spf1 include:broken.example -all"}],
)
def broken_target(spf: Spf) -> str | Abstain | None:
    """SPF leads to a record with a syntax error.

    Receivers answer permerror as soon as they come to it. Tell the owner of that record, or list
    its addresses yourself.
    """
    return _entered(spf, End.BAD_RECORD)


def _entered(spf: Spf, *ends: End) -> str | Abstain | None:
    """Includes and redirects that ended so; abstains when none did and one was not measured."""
    found = told(step for step in spf.steps if step.end in ends and step.enters)
    return found or missed(spf, entering(spf))


@rule(
    "SPF017",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.5",
    passes=[SOUND],
    fails=[{"spf": "v=spf1 include:two.example -all"}],
)
def target_with_several_records(spf: Spf) -> str | Abstain | None:
    """SPF leads to a domain with several SPF records.

    Receivers answer permerror as soon as they come to it. Tell the owner of that domain.
    """
    return _entered(spf, End.SEVERAL_RECORDS)


@rule(
    "SPF018",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[SOUND],
    fails=[{"spf": "v=spf1 include:example.com -all"}, {"spf": "v=spf1 redirect=loop.example"}],
)
def loop(spf: Spf) -> str | Abstain | None:
    """SPF leads back to itself.

    Receivers go round until the limit of ten look-ups and answer permerror. Remove the include or
    redirect that closes the circle.
    """
    return _entered(spf, End.LOOP)
