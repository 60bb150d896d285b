# SPDX-License-Identifier: Apache-2.0
"""Channel coding against published numbers (ccsds.json names their source), libfec, and itself."""

import ctypes
import ctypes.util
import hashlib
import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from flatsat.protocols import coding, profile
from flatsat.protocols.coding import reed_solomon
from flatsat.protocols.coding.randomizer import _Register
from flatsat.protocols.profile import INTERLEAVES, Basis, Randomizer
from hypothesis import given, settings
from hypothesis import strategies as st

CCSDS = json.loads(Path(__file__).with_name("ccsds.json").read_text())
COUNTING = bytes(range(223))
OISL = profile.load("oisl-1-clear")
BASES = [pytest.param(basis, id=basis.value) for basis in Basis]


def rows(octets: bytes) -> np.ndarray:
    return np.frombuffer(octets, np.uint8)[None]


def check_symbols(data: bytes, basis: Basis) -> bytes:
    return reed_solomon.encode(rows(data), 1, basis)[0, len(data) :].tobytes()


@pytest.mark.parametrize(
    ("basis", "data", "key"),
    [
        (Basis.DUAL, COUNTING, "rs_255_223_dual_data_00_to_de_parity"),
        (Basis.CONVENTIONAL, COUNTING, "rs_255_223_conventional_data_00_to_de_parity"),
        (Basis.DUAL, bytes(222) + b"\1", "rs_255_223_dual_data_222x00_01_parity"),
        (Basis.DUAL, b"\xff" * 223, "rs_255_223_dual_data_223xff_parity"),
    ],
)
def test_reed_solomon_vectors(basis: Basis, data: bytes, key: str) -> None:
    assert check_symbols(data, basis).hex() == CCSDS[key]


def test_reed_solomon_of_zeros_is_zero() -> None:
    assert check_symbols(bytes(223), Basis.DUAL) == bytes(32)


@pytest.mark.parametrize(
    ("randomizer", "key"),
    [(Randomizer.SHORT, "short_randomizer_first16"), (Randomizer.LONG, "long_randomizer_first32")],
)
def test_randomizer_vectors(randomizer: Randomizer, key: str) -> None:
    expected = bytes.fromhex(CCSDS[key])
    assert coding.sequence(randomizer, len(expected)).tobytes() == expected


def test_telecommand_randomizer_comes_out_of_the_same_register() -> None:
    """CCSDS 231.0-B: x^8 + x^6 + x^4 + x^3 + x^2 + x + 1. No profile uses it; it checks how taps are written."""
    bits = _Register(width=8, preset=0xFF, taps=(0, 1, 2, 3, 4, 6)).bits()
    expected = bytes.fromhex(CCSDS["tc_randomizer_first5"])
    assert np.packbits(list(islice(bits, 40))).tobytes() == expected


def test_long_randomizer_has_its_full_period() -> None:
    """SHA-256 of 131,071 octets, eight periods, taken from an independent implementation; 65,536 ones a period."""
    octets = coding.sequence(Randomizer.LONG, 131_071)
    assert hashlib.sha256(octets.tobytes()).hexdigest().startswith("e6cf184532044eed")
    assert np.unpackbits(octets)[:131_071].sum() == 65_536


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"123456789", CCSDS["crc16_123456789"]),
        (bytes.fromhex("06000cf0000400558873c900000521"), "75fb"),  # Yamcs 5.12.8 test vector
        *((bytes.fromhex(v["frame_without_fecf"]), v["fecf"]) for v in CCSDS["uslp_fecf"]),
    ],
    ids=["check value", "yamcs", "uslp with count", "uslp without count"],
)
def test_crc16_vectors(octets: bytes, expected: str) -> None:
    assert coding.crc16(rows(octets)).tolist() == [int(expected, 16)]
    assert coding.crc16(rows(octets + bytes.fromhex(expected))).tolist() == [0]


@pytest.mark.parametrize(
    ("randomizer", "sha256"),
    [(Randomizer.SHORT, ("b2f007cf", "3a29ad")), (Randomizer.LONG, ("a0d3a9ac", "8fc964"))],
)
def test_golden_cadu(randomizer: Randomizer, sha256: tuple[str, str]) -> None:
    """An idle frame of spacecraft 0xAB, coded by an independent implementation."""
    frame = bytes.fromhex("6aff00000040") + b"\x55" * 1107 + bytes.fromhex("6f58")
    link = profile.Profile(
        description="",
        frame=OISL.frame,
        coding=profile.Coding(interleave=5, randomizer=randomizer),
        virtual_channels=(),
    )
    digest = hashlib.sha256(coding.encode_cadu(frame, link)).hexdigest()
    assert (digest[:8], digest[-6:]) == sha256


@pytest.mark.parametrize("interleave", INTERLEAVES)
@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("data_symbols", [223, 222, 216, 8, 1])
def test_sixteen_errors_a_codeword_are_corrected(interleave: int, basis: Basis, data_symbols: int) -> None:
    rng = np.random.default_rng(interleave * data_symbols)
    frames = rng.integers(0, 256, (3, interleave * data_symbols), dtype=np.uint8)
    sent = reed_solomon.encode(frames, interleave, basis)
    received, errors = spoil(sent, interleave, rng, 16)
    assert reed_solomon.decode_in_place(received, interleave, basis).tolist() == errors.tolist()
    assert (received == sent).all()


def spoil(
    sent: np.ndarray, interleave: int, rng: np.random.Generator, most: int, least: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A copy with `least` to `most` wrong symbols in every codeword, and how many; `most` itself occurs."""
    received = sent.copy()
    errors = rng.integers(least, most + 1, (len(sent), interleave))
    errors[0, 0] = most
    for (row, word), count in np.ndenumerate(errors):
        places = rng.choice(sent.shape[1] // interleave, count, replace=False) * interleave + word
        received[row, places] ^= rng.integers(1, 256, count, dtype=np.uint8)
    return received, errors


@pytest.mark.parametrize("interleave", INTERLEAVES)
@pytest.mark.parametrize("basis", BASES)
def test_seventeen_errors_are_reported_and_left_alone(interleave: int, basis: Basis) -> None:
    rng = np.random.default_rng(interleave)
    sent = reed_solomon.encode(rng.integers(0, 256, (4, 223 * interleave), dtype=np.uint8), interleave, basis)
    received, _ = spoil(sent, interleave, rng, 17, 17)
    untouched = received.copy()
    assert (reed_solomon.decode_in_place(received, interleave, basis) == -1).all()
    assert (received == untouched).all()


def test_errors_in_one_codeword_do_not_touch_its_neighbours() -> None:
    frames = np.arange(1115, dtype=np.uint8)[None]
    received = reed_solomon.encode(frames, 5)
    received[0, 2:85:5] ^= 0xA5  # 17 symbols of codeword 2
    received[0, 1] ^= 1
    assert reed_solomon.decode_in_place(received, 5).tolist() == [[0, 1, -1, 0, 0]]


@given(
    data=st.binary(min_size=223, max_size=223),
    errors=st.dictionaries(st.integers(0, 254), st.integers(1, 255), max_size=16),
)
@settings(max_examples=60, deadline=None)
def test_any_sixteen_errors(data: bytes, errors: dict[int, int]) -> None:
    block = reed_solomon.encode(rows(data), 1)
    sent = block.copy()
    for place, error in errors.items():
        block[0, place] ^= error
    assert reed_solomon.decode_in_place(block, 1).tolist() == [[len(errors)]]
    assert (block == sent).all()


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: reed_solomon.encode(np.zeros((1, 224), np.uint8), 1), id="too long"),
        pytest.param(lambda: reed_solomon.encode(np.zeros((1, 222), np.uint8), 4), id="not a multiple"),
        pytest.param(lambda: reed_solomon.encode(np.zeros((1, 6), np.uint8), 6), id="interleave 6"),
        pytest.param(lambda: reed_solomon.encode(np.zeros((1, 0), np.uint8), 1), id="nothing"),
        pytest.param(lambda: reed_solomon.encode(np.zeros(223, np.uint8), 1), id="one dimension"),
        pytest.param(lambda: reed_solomon.encode(np.zeros((1, 223), np.int64), 1), id="no octets"),
        pytest.param(
            lambda: reed_solomon.decode_in_place(np.zeros((2, 510), np.uint8)[:, ::2], 1), id="strided"
        ),
        pytest.param(
            lambda: reed_solomon.decode_in_place(np.zeros((1, 32), np.uint8), 1), id="only check symbols"
        ),
        pytest.param(
            lambda: reed_solomon.encode_in_place(np.zeros((1, 255), np.uint8), 1, 223, 1, Basis.DUAL),
            id="no room",
        ),
        pytest.param(lambda: coding.encode_cadu(bytes(1114)), id="short frame"),
        pytest.param(
            lambda: coding.decode_codeblocks(np.zeros((1, 1279), np.uint8), OISL), id="marker left on"
        ),
        pytest.param(lambda: coding.crc16(np.zeros((1, 4), np.int32)), id="crc of no octets"),
    ],
)
def test_kernels_are_guarded(call: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        call()  # type: ignore[operator]


@pytest.mark.parametrize("rows_", [0, 1, 65])
def test_cadus_come_back(rows_: int) -> None:
    frames = np.random.default_rng(1).integers(0, 256, (rows_, 1115), dtype=np.uint8)
    cadus = coding.encode_cadus(frames, OISL)
    assert cadus.shape == (rows_, 1279)
    back, corrected = coding.decode_codeblocks(cadus[:, 4:], OISL)
    assert (back == frames).all()
    assert corrected.shape == (rows_, 5)
    assert not corrected.any()
    assert [cadu.tobytes() for cadu in cadus] == [coding.encode_cadu(frame.tobytes()) for frame in frames]


@pytest.fixture(scope="module")
def libfec() -> ctypes.CDLL:
    name = ctypes.util.find_library("fec")
    if name is None:
        pytest.skip("libfec is not installed (Debian package libfec0)")
    return ctypes.CDLL(name)


@pytest.mark.parametrize("data_symbols", [223, 100, 1])
@pytest.mark.parametrize(
    ("basis", "function"), [(Basis.DUAL, "encode_rs_ccsds"), (Basis.CONVENTIONAL, "encode_rs_8")]
)
def test_encoder_agrees_with_libfec(
    libfec: ctypes.CDLL, basis: Basis, function: str, data_symbols: int
) -> None:
    for data in np.random.default_rng(2).integers(0, 256, (50, data_symbols), dtype=np.uint8):
        parity = ctypes.create_string_buffer(32)
        getattr(libfec, function)(data.tobytes(), parity, 223 - data_symbols)
        assert check_symbols(data.tobytes(), basis) == parity.raw


@pytest.mark.parametrize("most", [16, 17])
def test_decoder_agrees_with_libfec(libfec: ctypes.CDLL, most: int) -> None:
    rng = np.random.default_rng(most)
    sent = reed_solomon.encode(rng.integers(0, 256, (200, 223), dtype=np.uint8), 1)
    received, _ = spoil(sent, 1, rng, most, most - 1)
    theirs = [ctypes.create_string_buffer(block.tobytes(), 255) for block in received]
    counts = [max(-1, libfec.decode_rs_ccsds(block, None, 0, 0)) for block in theirs]  # failures are negative
    assert reed_solomon.decode_in_place(received, 1)[:, 0].tolist() == counts
    assert [block.tobytes() for block in received] == [block.raw for block in theirs]
