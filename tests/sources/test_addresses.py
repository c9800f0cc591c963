"""Which spellings of a number or mail address mean the same person."""

import pytest

from elvisbot.sources._addresses import AddressBook, is_number, normalised, same_number


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("+1 (555) 010-0001", "+15550100001"),
        ("tel:+1-555-010-0001", "+15550100001"),
        ("P:+15550100001", "+15550100001"),
        ("+15550100001(smsft)", "+15550100001"),
        ("+15550100001(smsfp)", "+15550100001"),
        ("00 49 170 1234567", "+491701234567"),
        ("0170/1234567", "1701234567"),
        ("\u202a+1 555 010 0001\u202c", "+15550100001"),
        ("+١٥٥٥٠١٠٠٠٠١", "+15550100001"),
        ("0123", "0123"),
        ("72975", "72975"),
        ("Ana@Example.COM", "ana@example.com"),
        ("mailto:Ana@Example.COM", "ana@example.com"),
        ("e:ana@example.com", "ana@example.com"),
        ("AMAZON", "AMAZON"),
        ("urn:biz:1f3a", "urn:biz:1f3a"),
        ("", ""),
    ],
)
def test_spellings_are_normalised(spelling: str, expected: str) -> None:
    assert normalised(spelling) == expected
    assert normalised(expected) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("+15550100001", "+15550100001", True),
        ("+15550100001", "5550100001", True),
        ("+15550100001", "15550100001", True),
        ("15550100001", "5550100001", True),
        ("+491701234567", "1701234567", True),
        ("+3581234567", "1234567", True),  # three digits of a country are the most
        ("+35811234567", "1234567", False),
        ("+1123456", "123456", False),  # six digits are too few
        ("+15550100001", "+5550100001", False),
        ("+5550100001", "15550100001", False),
        ("+15550100001", "+445550100001", False),
        ("+15550100001", "5550100002", False),
        ("ana@example.com", "ana@example.com", True),
        ("ana@example.com", "5550100001", False),
        ("AMAZON", "AMAZON", True),
    ],
)
def test_a_country_code_may_be_left_out(one: str, other: str, expected: bool) -> None:
    assert same_number(one, other) is expected
    assert same_number(other, one) is expected


@pytest.mark.parametrize("address", ["", "+", "-", "ana@example.com", "+1555x", "1+2"])
def test_what_is_no_number(address: str) -> None:
    assert not is_number(address)


def test_all_spellings_of_one_number_are_one_person() -> None:
    spellings = ["5550100001", "15550100001", "+1 555 010 0001", "+15550100002"]
    book = AddressBook(spellings)
    assert {book.person(spelling) for spelling in spellings[:3]} == {"+15550100001"}
    assert book.handles("+15550100001") == ("+1 555 010 0001", "15550100001", "5550100001")


def test_a_number_that_fits_two_countries_stays_its_own() -> None:
    book = AddressBook(["5550100001", "+15550100001", "+495550100001"])
    assert book.person("5550100001") == "5550100001"
