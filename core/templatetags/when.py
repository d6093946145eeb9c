"""Moments in both parties' local times, and how long is left. All moments are aware."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.money import babel_locale

register = template.Library()
SOON = timedelta(hours=24)


def place_of(zone: str) -> str:
    return get_timezone_location(zone, locale=babel_locale(), return_city=True)


def offset_of(local: datetime) -> str:
    """As in "UTC+7" or "UTC+5:30"; never an abbreviation that means several zones."""
    shift = local.utcoffset() or timedelta(0)
    sign, minutes = (
        ("+", shift // timedelta(minutes=1)) if shift >= timedelta(0) else ("−", -shift // timedelta(minutes=1))
    )
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02d}" if minutes % 60 else "")


def words_of(local: datetime) -> str:
    """As in "Tue, Nov 25, 2025, 18:00", in the reader's language."""
    locale = babel_locale()
    return f"{format_skeleton('yMMMEd', local, locale=locale)}, {format_time(local, 'HH:mm', locale=locale)}"


def one_time(moment: datetime, zone: str, label: str) -> SafeString:
    local = moment.astimezone(ZoneInfo(zone))
    return format_html(
        '<span class="when-one"><time datetime="{}">{}</time> <span class="when-place">{}</span></span>',
        local.isoformat(timespec="seconds"),
        words_of(local),
        "UTC" if zone == "UTC" and not label else f"{label or place_of(zone)} ({offset_of(local)})",
    )


@register.simple_tag
def when(moment: datetime | None, zone_a: str, label_a: str = "", zone_b: str = "", label_b: str = "") -> SafeString:
    """`{% when due_at seller.time_zone seller.name buyer.time_zone buyer.name %}`: one moment in both local times.

    Labels may be empty: then the zone's city stands there. Without a second zone, or where both are the same, once.
    """
    if moment is None:
        return format_html('<span class="text-secondary">{}</span>', "\N{EN DASH}")
    zones = [(zone_a, label_a)]
    if zone_b and zone_b != zone_a:
        zones.append((zone_b, label_b))
    elif zone_b:
        zones = [(zone_a, "")]
    times = format_html_join(" ", "{}", ((one_time(moment, zone, label),) for zone, label in zones))
    return format_html('<span class="when">{}</span>', times)


@register.filter
def day(value: date | None) -> str:
    """A calendar date in the reader's language: `{{ order.ship_date|day }}`."""
    return format_date(value, "medium", locale=babel_locale()) if value else "\N{EN DASH}"


@register.simple_tag
def countdown(due: datetime | None, at: datetime | None = None) -> SafeString | str:
    """As in "6 days left", "4 hours left" or "2 days overdue", by the business clock; no script needed."""
    if due is None:
        return ""
    left = due - (at or clock.now())
    late = left < timedelta(0)
    pattern = _("%(time)s overdue") if late else _("%(time)s left")
    css_class = "late" if late else "soon" if left <= SOON else "calm"
    return format_html(
        '<span class="countdown countdown-{}">{}</span>', css_class, pattern % {"time": span_words(abs(left))}
    )


def span_words(span: timedelta) -> str:
    """The two largest units that matter, rounded down: what is promised is really left."""
    minutes = span // timedelta(minutes=1)
    days, hours = minutes // 1440, minutes // 60 % 24
    day_words = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    hour_words = ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    if days >= 3 or (days and not hours):
        return day_words
    if days:
        return f"{day_words} {hour_words}"
    if hours:
        return hour_words
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
