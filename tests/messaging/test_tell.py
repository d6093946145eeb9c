"""Telling people: once per key, in their language and zone, to those whose role allows the verb."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils.translation import gettext_lazy, override

from companies.actions import invite_colleague, suspend_company, update_profile
from companies.models import Role
from core.errors import NotFound
from core.events import run_courier
from core.money import format_money
from messaging.actions import mark_read, tell, tell_address
from messaging.models import Mail, Notice
from messaging.queries import notice_for, notices_of, unread_count
from messaging.words import moment_words
from tests.cast import actor, company_of


def say(now, **changed):
    given = {
        "key": "order-shipped:1",
        "kind": "order_shipped",
        "subject": lambda: f"Shipped, {format_money(1_250_000, 'USD')}",
        "lines": [lambda: f"At {moment_words(now)}.", gettext_lazy("Yes")],
        "url": "/orders/ord_x/",
        "at": now,
    }
    return tell(**(given | changed))


def test_notice_and_mail_in_each_readers_zone(buyer_owner, buyer_viewer, now, settings):
    assert say(now, company_id=company_of(buyer_owner).pk) == 2
    notice, mail = Notice.objects.get(user=buyer_owner), Mail.objects.get(user=buyer_owner)
    assert notice.title == mail.subject == "Shipped, USD 12,500.00"
    assert "Mon, Mar 2, 2026, 20:00 (UTC−6)" in notice.body
    assert (notice.url, notice.company, notice.created_at) == ("/orders/ord_x/", company_of(buyer_owner), now)
    assert (
        f"{settings.SITE_URL}/orders/ord_x/" in mail.body_text
        and f"{settings.SITE_URL}/orders/ord_x/" in mail.body_html
    )
    assert mail.body_text.startswith("Hello Grace Miller,")
    assert Mail.objects.get(user=buyer_viewer).body_text.startswith("Hello Vic Young,")


def test_each_reads_their_own_language(buyer_owner, stranger, now):
    update_profile(full_name="Sam", language="zh-hans", time_zone="Asia/Shanghai", by=actor(stranger), at=now)
    stranger.refresh_from_db()
    with override("vi"):
        say(now, users=[buyer_owner, stranger], subject=gettext_lazy("Yes"))
    assert Mail.objects.get(user=buyer_owner).subject == "Yes"
    chinese = Mail.objects.get(user=stranger)
    assert (chinese.subject, chinese.language) == ("是", "zh-hans")
    assert "2026年3月2日" not in chinese.body_text and "2026年3月3日" in chinese.body_text


def test_the_same_key_tells_once(buyer_owner, buyer_viewer, now):
    say(now, users=[buyer_owner, buyer_owner])
    say(now + timedelta(hours=1), users=[buyer_owner, buyer_viewer])
    assert Mail.objects.count() == Notice.objects.count() == 2
    say(now, users=[buyer_owner], key="order-shipped:2")
    assert Mail.objects.count() == 3


def test_only_roles_that_may_are_told(buyer_owner, buyer_purchasing, buyer_finance, buyer_viewer, now):
    assert say(now, company_id=company_of(buyer_owner).pk, verb="confirm") == 2
    assert set(Mail.objects.values_list("to", flat=True)) == {buyer_owner.email, buyer_purchasing.email}


def test_telling_many_takes_two_inserts(buyer_owner, buyer_viewer, now, django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(2):
        say(now, users=[buyer_owner, buyer_viewer])


def test_long_and_broken_subjects_become_one_line(buyer_owner, now):
    say(now, users=[buyer_owner], subject="a\r\nBcc: x@x.example " + "y" * 1000)
    subject = Mail.objects.get().subject
    assert subject.startswith("a Bcc:") and len(subject) == 300 and "\n" not in subject


def test_html_is_escaped(buyer_owner, now):
    say(now, users=[buyer_owner], lines=["<script>alert(1)</script>"])
    mail = Mail.objects.get()
    assert "<script>" not in mail.body_html and "&lt;script&gt;" in mail.body_html
    assert "<script>alert(1)</script>" in mail.body_text


def test_an_address_is_told_once(db, now):
    for _time in (1, 2):
        tell_address(
            key="offer:1",
            email="New@buyer.example",
            kind="offer",
            subject="Offer",
            lines=["Read it"],
            url="/o/t/",
            at=now,
        )
    mail = Mail.objects.get()
    assert (mail.to, mail.user, mail.state) == ("new@buyer.example", None, "WAITING")
    assert mail.body_text.startswith("Hello,")


def test_reading_is_ones_own(buyer_owner, stranger, now):
    say(now, users=[buyer_owner, stranger])
    say(now + timedelta(hours=1), users=[buyer_owner], key="other")
    mine, more = notices_of(buyer_owner, page=1)
    assert [notice.key for notice in mine] == ["other", "order-shipped:1"] and not more
    with pytest.raises(NotFound):
        notice_for(stranger, mine[0].reference)
    assert mark_read(by=actor(stranger), reference=mine[0].reference, at=now) == 0
    assert mark_read(by=actor(buyer_owner), reference=mine[0].reference, at=now) == 1
    assert mark_read(by=actor(buyer_owner), reference=mine[0].reference, at=now) == 0
    assert (unread_count(buyer_owner), unread_count(stranger)) == (1, 1)
    assert mark_read(by=actor(buyer_owner), at=now) == 1
    assert (unread_count(buyer_owner), unread_count(stranger)) == (0, 1)


def test_news_of_companies_reaches_people(seller_owner, seller_sales, buyer_owner, verifier, now):
    run_courier()
    Mail.objects.all().delete()
    invite_colleague(
        company_id=company_of(buyer_owner).pk, email="n@l.example", role=Role.SALES, by=actor(buyer_owner), at=now
    )
    suspend_company(company_id=company_of(seller_owner).pk, why="papers", by=actor(verifier), at=now)
    run_courier()
    told = {(mail.kind, mail.to) for mail in Mail.objects.all()}
    assert told == {
        ("invitation", "n@l.example"),
        ("company_suspended", seller_owner.email),
        ("company_suspended", seller_sales.email),
    }
    invitation = Mail.objects.get(kind="invitation")
    assert invitation.subject == "Grace Miller invites you to Lakeside Furniture Inc."
    assert "/invitations/inv_" in invitation.body_text


def test_all_owners_learn_of_a_new_payout_account(seller_owner, seller_sales, verifier):
    run_courier()
    told = {(mail.kind, mail.to) for mail in Mail.objects.filter(kind__startswith="payout_account")}
    assert ("payout_account_added", seller_owner.email) in told
    assert ("payout_account_added", seller_sales.email) not in told
    assert ("payout_account_to_verify", verifier.email) in told
    added = Mail.objects.get(kind="payout_account_added")
    assert "0071000123456" not in added.body_text and "3456" in added.subject
