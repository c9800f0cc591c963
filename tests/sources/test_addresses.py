"""Which spellings of a number or mail address mean the same person."""

import pytest

from elvisbot.sources._addresses import AddressBook, is_number, normalised, same_number
from elvisbot.sources._contacts import Contact

ANN = "+15550100001"
BEN = "+15550100002"
MAIL = "ann@example.com"


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
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("0044 (0) 20 7946 0018", "+442079460018"),
        ("+49-(0)170/1234567", "+491701234567"),
        ("(0)170 1234567", "1701234567"),
        ("+1 (555) 010\u20110001", "+15550100001"),
        ("+1\u2010555\u2013010\u22120001", "+15550100001"),
        ("+15550100001,,123#", "+15550100001"),
        ("+15550100001,,1234567890#", "+15550100001"),
        ("+1 555 010 0001;ext=5", "+15550100001"),
        ("tel:+1-555-010-0001;ext=42", "+15550100001"),
        ("(555) 010-0001 x5", "5550100001"),
        ("(555) 010-0001 ext. 5", "5550100001"),
        ("5550100001EXT5", "5550100001"),
        ("5550100001,5550100002", "5550100001,5550100002"),  # two numbers
        ("72975,1", "72975,1"),
        ("1x2", "1x2"),
        ("011 44 20 7946 0018", "+442079460018"),
        ("011 91234 5678", "11912345678"),  # in Delhi
        ("011 98765-4321", "11987654321"),  # in São Paulo
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


def test_namesakes_in_one_book_are_two_people() -> None:
    book = AddressBook([ANN, BEN], [Contact("Ann", (ANN,)), Contact("Ann", (BEN,))])
    assert (book.person(ANN), book.person(BEN)) == (ANN, BEN)
    assert book.name(ANN) == book.name(BEN) == "Ann"


def test_cards_of_one_book_that_share_an_address_are_one_person() -> None:
    cards = [
        Contact("Ann", (ANN,)),
        Contact("Ann", (MAIL,)),
        Contact("Ann", (MAIL.upper(), "+1 555 010 0001")),
    ]
    book = AddressBook([ANN, MAIL], cards)
    assert book.person(MAIL) == ANN


def test_cards_of_one_name_in_two_books_are_one_person() -> None:
    cards = [Contact("Ann", (ANN,), "Mac"), Contact("Ann", (MAIL,), "iCloud")]
    assert AddressBook([ANN, MAIL], cards).person(MAIL) == ANN


def test_a_card_that_could_be_either_namesake_s_is_nobody_else_s() -> None:
    cards = [*(Contact("Ann", (each,), "Mac") for each in (ANN, BEN)), Contact("Ann", (MAIL,), "x")]
    book = AddressBook([ANN, BEN, MAIL], cards)
    assert {book.person(each) for each in (ANN, BEN, MAIL)} == {ANN, BEN, MAIL}
    also = Contact("Ann", (BEN,), "x")
    assert AddressBook([ANN, BEN, MAIL], [*cards, also]).person(MAIL) == MAIL


def test_a_national_number_on_a_card_names_nobody_if_it_fits_two() -> None:
    book = AddressBook([ANN, "+445550100001"], [Contact("Ann", ("555 010 0001",))])
    assert book.name(ANN) == ANN
    assert book.person("+445550100001") == "+445550100001"
    assert AddressBook([ANN], [Contact("Ann", ("555 010 0001",))]).name(ANN) == "Ann"
