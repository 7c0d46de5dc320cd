"""Every odd file that we could think of, against what PngSuite, the EXIF set and a second PNG decoder say."""

import io
import os
import socket
import struct
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from png_by_the_book import read_png

from vitreous.core.view import View
from vitreous.data.budget import PixelBudget
from vitreous.data.decode import THUMBNAIL, Decoded, Policy, decode, decode_bytes, open_upright, read_file
from vitreous.errors import UnreadableImage

WHOLE = (View.whole(32),)
NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 4), dtype=np.uint8)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def upright(data: bytes, wanted: int = 10_000) -> NDArray[np.uint8]:
    return np.asarray(open_upright(data, wanted))


def reason(data: bytes, policy: Policy | None = None) -> str:
    with pytest.raises(UnreadableImage) as caught:
        decode_bytes(data, WHOLE, policy or Policy())
    return caught.value.arrived


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour: int, raw: bytes, clear: bytes = b"") -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + (png_chunk(b"tRNS", clear) if clear else b"")
        + png_chunk(b"IDAT", zlib.compress(raw))
        + png_chunk(b"IEND", b"")
    )


class TestPngSuite:
    @pytest.mark.slow
    def test_each_valid_file_has_the_pixels_of_a_second_decoder(self, shared_data: Path) -> None:
        files = sorted(p for p in (shared_data / "oddimages/pngsuite").glob("*.png") if not p.name.startswith(("x", "PngSuite")))
        assert len(files) > 150
        for file in files:
            ours, theirs = upright(file.read_bytes()).astype(int), read_png(file.read_bytes()).astype(int)
            # Blending over white rounds once more in Pillow: one step of 255 at most.
            assert ours.shape == theirs.shape, file.name
            assert np.abs(ours - theirs).max() <= 1, file.name

    def test_the_second_decoder_can_disagree(self) -> None:
        assert read_png(png(1, 1, 8, 0, b"\0\x40")).tolist() == [[[0x40, 0x40, 0x40]]] != upright(png(1, 1, 8, 0, b"\0\x42")).tolist()

    def test_interlaced_files_equal_the_others(self, shared_data: Path) -> None:
        for file in (shared_data / "oddimages/pngsuite").glob("basi*.png"):
            twin = file.with_name(file.name.replace("basi", "basn"))
            np.testing.assert_array_equal(upright(file.read_bytes()), upright(twin.read_bytes()), file.name)

    def test_broken_files_are_unreadable(self, shared_data: Path) -> None:
        files = sorted((shared_data / "oddimages/pngsuite").glob("x*.png"))
        assert len(files) == 14
        for file in files:
            with pytest.raises(UnreadableImage, match=file.name):
                decode(str(file), WHOLE)


class TestOddImages:
    def test_every_orientation_comes_out_the_same_way_up(self, shared_data: Path) -> None:
        for name, size in (("Landscape", (300, 200)), ("Portrait", (200, 300))):
            seen = [decode(str(shared_data / f"oddimages/exif/{name}_{i}.jpg"), WHOLE) for i in range(9)]
            assert {(d.width, d.height) for d in seen} == {size}
            for other in seen[1:]:
                # Each file was compressed on its own; a picture turned the wrong way differs by 40 and more.
                assert np.abs(seen[0].views[0].astype(int) - other.views[0]).mean() < 3

    def test_nine_formats_are_read(self, shared_data: Path) -> None:
        files = sorted((shared_data / "oddimages/formats").iterdir())
        sizes = {file.name: (d.width, d.height) for file in files for d in [decode(str(file), WHOLE)]}
        assert sizes["giphy.gif"] == (314, 400)
        assert sizes["copyleft.tiff"] == (220, 220)
        assert sizes["marbles.pbm"] == (1152, 813)
        assert len(sizes) == 9

    def test_the_corrupt_copy_is_unreadable_and_the_others_are_not(self, shared_data: Path) -> None:
        for file in sorted((shared_data / "duplicates").iterdir()):
            if "corrupt" in file.name:
                with pytest.raises(UnreadableImage, match="corrupt"):
                    decode(str(file), WHOLE)
            else:
                assert decode(str(file), WHOLE).thumbnail.shape == (THUMBNAIL, THUMBNAIL)


class TestModes:
    def test_16_bit_grey_is_scaled_and_not_clipped(self) -> None:
        values = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)
        expected = [0, 0, 1, 1, 128, 255]
        for data in (
            encoded(Image.fromarray(values), "PNG"),
            encoded(Image.fromarray(values), "TIFF"),
            b"P5 6 1 65535\n" + values.astype(">u2").tobytes(),
        ):
            assert upright(data)[0, :, 0].tolist() == expected

    def test_float_and_32_bit_tiff_keep_their_range(self) -> None:
        unit = np.linspace(0, 1, 5, dtype=np.float32)[None]
        assert upright(encoded(Image.fromarray(unit), "TIFF"))[0, :, 0].tolist() == [0, 64, 128, 191, 255]
        bytes_ = np.array([[0, 10, 200]], np.int32)
        assert upright(encoded(Image.fromarray(bytes_), "TIFF"))[0, :, 0].tolist() == [0, 10, 200]
        odd = np.array([[-5.0, np.nan, 5.0, np.inf]], np.float32)
        assert upright(encoded(Image.fromarray(odd), "TIFF"))[0, :, 0].tolist() == [0, 128, 255, 255]

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
    def test_alpha_goes_over_white(self, kind: str) -> None:
        options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
        alpha = NOISE[..., 3:] / 255
        expected = NOISE[..., :3] * alpha + 255 * (1 - alpha)
        assert np.abs(upright(encoded(Image.fromarray(NOISE), kind, **options)) - expected).max() <= 1

    def test_grey_with_alpha_goes_over_white(self) -> None:
        grey = Image.merge("LA", [Image.new("L", (2, 1), 100), Image.fromarray(np.array([[0, 255]], np.uint8))])
        assert upright(encoded(grey, "PNG"))[0, :, 0].tolist() == [255, 100]

    def test_16_bit_alpha_goes_over_white(self) -> None:
        raw = b"\0" + struct.pack(">8H", 65535, 0, 0, 0, 65535, 0, 0, 65535)
        assert upright(png(2, 1, 16, 6, raw))[0].tolist() == [[255, 255, 255], [255, 0, 0]]

    def test_a_transparent_colour_counts_in_the_units_of_the_file(self) -> None:
        assert upright(png(2, 1, 4, 0, b"\0\x3f", struct.pack(">H", 3)))[0, :, 0].tolist() == [255, 255]
        assert upright(png(2, 1, 4, 0, b"\0\x34", struct.pack(">H", 3)))[0, :, 0].tolist() == [255, 4 * 17]
        sixteen = b"\0" + struct.pack(">2H", 0x1234, 0x3412)
        assert upright(png(2, 1, 16, 0, sixteen, struct.pack(">H", 0x1234)))[0, :, 0].tolist() == [255, 0x34]
        colour = b"\0" + struct.pack(">6H", *[0x1234] * 3, *[0x3400] * 3)
        assert upright(png(2, 1, 16, 2, colour, struct.pack(">3H", *[0x1234] * 3)))[0, :, 0].tolist() == [255, 0x34]

    def test_a_transparent_palette_entry_becomes_white(self) -> None:
        palette = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
        palette.putpalette([10, 20, 30, 40, 50, 60])
        for kind in ("PNG", "GIF"):
            assert upright(encoded(palette, kind, transparency=0))[0].tolist() == [[255, 255, 255], [40, 50, 60]]

    def test_cmyk_is_converted_the_right_way_round(self) -> None:
        ink = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # magenta and yellow: red
        red, green, blue = upright(encoded(ink, "JPEG", quality=95))[8, 8].astype(int)
        assert red > 240 and green < 15 and blue < 15

    def test_the_first_frame_of_an_animation_counts(self) -> None:
        red, blue = Image.new("RGB", (9, 9), (255, 0, 0)), Image.new("RGB", (9, 9), (0, 0, 255))
        for kind, options in (("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})):
            data = encoded(red, kind, save_all=True, append_images=[blue], **options)
            assert upright(data)[4, 4].tolist() == [255, 0, 0], kind

    def test_a_large_transparent_picture_has_no_seams(self) -> None:
        data = encoded(Image.new("RGBA", (2100, 2000), (0, 0, 0, 127)), "PNG")
        assert np.unique(upright(data)).tolist() == [128]

    def test_a_tiff_is_turned_once(self) -> None:
        image = Image.fromarray(NOISE[..., :3])
        data = encoded(image, "TIFF", tiffinfo={274: 6})
        seen = decode_bytes(data, WHOLE)
        assert (seen.width, seen.height) == (40, 60)
        np.testing.assert_array_equal(upright(data), np.rot90(NOISE[..., :3], -1))


class TestReducedScale:
    @pytest.mark.parametrize(("wanted", "size"), [(301, (800, 600)), (300, (400, 300)), (151, (400, 300)), (150, (200, 150)), (75, (100, 75))])
    def test_the_short_side_stays_as_long_as_wanted(self, wanted: int, size: tuple[int, int]) -> None:
        assert open_upright(encoded(Image.new("RGB", (800, 600)), "JPEG"), wanted).size == size

    def test_a_view_of_a_reduced_picture_shows_the_same_part(self) -> None:
        gradient = np.linspace(0, 255, 1600).astype(np.uint8)
        data = encoded(Image.fromarray(np.tile(gradient, (800, 1))), "JPEG", quality=95)
        seen = decode_bytes(data, (View.crop(100), View.crop(100, 125), View.whole(100), View.crop(800)))
        means = [view.astype(float)[:, [0, -1], 0].mean(axis=0) for view in seen.views]
        assert seen.width, seen.height == (1600, 800)
        assert means[0] == pytest.approx([64, 191], abs=2)
        assert means[1] == pytest.approx([77, 178], abs=2)
        assert means[2] == pytest.approx([1, 254], abs=2)
        assert seen.views[3].shape == (800, 800, 3)

    def test_a_decoded_picture_has_what_the_docstring_says(self) -> None:
        data = encoded(Image.fromarray(NOISE[..., :3]), "PNG")
        seen = decode_bytes(data, (View.crop(24), View.whole(48)))
        assert [view.shape for view in seen.views] == [(24, 24, 3), (48, 48, 3)]
        assert {view.dtype for view in (*seen.views, seen.thumbnail)} == {np.dtype(np.uint8)}
        assert seen.thumbnail.shape == (THUMBNAIL, THUMBNAIL)
        assert len(seen.key) == 16 and seen.key == decode_bytes(data, WHOLE).key != decode_bytes(data + b"\0", WHOLE).key


class TestLimits:
    def test_a_decompression_bomb_is_refused_by_its_header(self) -> None:
        assert reason(png(50_000, 50_000, 8, 6, b"")) == "2,500,000,000 pixels; at most 25,000,000 (--max-pixels)"
        assert "at most 30,000,000" in reason(png(50_000, 50_000, 8, 6, b""), Policy(max_pixels=30_000_000))
        gif = encoded(Image.new("P", (1, 1)), "GIF")
        assert "4,294,836,225 pixels" in reason(gif[:6] + b"\xff\xff\xff\xff" + gif[10:])

    def test_a_jpeg_may_be_larger_where_it_is_reduced(self) -> None:
        data = encoded(Image.new("L", (3000, 2000)), "JPEG")
        policy = Policy(max_pixels=1_000_000, reduced_pixels=8_000_000)
        assert decode_bytes(data, WHOLE, policy).width == 3000
        assert "6,000,000 pixels" in reason(data, Policy(max_pixels=1_000_000, reduced_pixels=5_000_000))
        with pytest.raises(UnreadableImage):
            decode_bytes(data, (View.crop(1500),), policy)

    def test_a_progressive_jpeg_counts_four_times_for_it_is_held_whole(self) -> None:
        data = encoded(Image.new("L", (3000, 2000)), "JPEG", progressive=True)
        assert decode_bytes(data, WHOLE, Policy(max_pixels=1_000_000, reduced_pixels=24_000_000)).width == 3000
        assert "6,000,000 pixels; at most 5,000,000" in reason(data, Policy(max_pixels=1_000_000, reduced_pixels=20_000_000))

    def test_slow_variants_of_ppm_are_refused_when_large(self) -> None:
        assert "slow variant" in reason(b"P3 2000 1001 255\n")
        assert upright(b"P2 2 1 15\n15 0\n")[0, :, 0].tolist() == [255, 0]

    def test_large_pictures_wait_for_each_other(self) -> None:
        budget, most, held, lock = PixelBudget(25_000_000), [0], [0], threading.Lock()

        def work(pixels: int) -> None:
            with budget.hold(pixels):
                with lock:
                    held[0] += pixels
                    most[0] = max(most[0], held[0])
                with lock:
                    held[0] -= pixels

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, [12_000_000, 20_000_000, 2_000_000, 24_000_000] * 50))
        assert most[0] <= 25_000_000
        with budget.hold(99_000_000):
            assert True, "a picture above the limit is held alone"

    def test_threads_see_what_one_thread_sees(self, shared_data: Path) -> None:
        files = [str(p) for p in sorted((shared_data / "oddimages").rglob("*.*"))]

        def seen(path: str) -> bytes:
            try:
                return decode(path, WHOLE).views[0].tobytes()
            except UnreadableImage as error:
                return str(error).encode()

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(seen, files)) == [seen(path) for path in files]


class TestFiles:
    def test_a_png_named_jpg_is_read(self, tmp_path: Path) -> None:
        file = tmp_path / "x.jpg"
        file.write_bytes(encoded(Image.fromarray(NOISE), "PNG"))
        assert decode(str(file), WHOLE).width == 60

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"", "zero bytes"),
            (b"just text\n", "a text file"),
            (b"<!DOCTYPE html><title>404</title>", "a web page"),
            (bytes(2000), "only zero bytes"),
            (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
            (b"PK\x03\x04....", "a zip archive"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC photo"),
            (b"\x89PNG\n\x1a\n\0\0\0\rIHDR", "a PNG whose first bytes are damaged"),
            (b"\x01\x02\xff\x80" * 50, "no picture format that is known here"),
        ],
    )
    def test_what_is_no_picture_is_named(self, tmp_path: Path, content: bytes, expected: str) -> None:
        file = tmp_path / "photo.jpg"
        file.write_bytes(content)
        with pytest.raises(UnreadableImage, match=r"cannot read .*photo\.jpg") as caught:
            decode(str(file), WHOLE)
        assert caught.value.arrived.startswith(expected)

    def test_camera_raw_is_not_taken_for_its_preview(self, tmp_path: Path) -> None:
        file = tmp_path / "x.nef"
        file.write_bytes(encoded(Image.fromarray(NOISE[..., :3]), "TIFF"))
        with pytest.raises(UnreadableImage, match=r"camera raw.*develop"):
            decode(str(file), WHOLE)

    def test_a_jpeg_named_heic_is_read(self, tmp_path: Path) -> None:
        file = tmp_path / "x.heic"
        file.write_bytes(encoded(Image.fromarray(NOISE[..., :3]), "JPEG"))
        assert decode(str(file), WHOLE).width == 60

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
    def test_pipes_sockets_devices_and_folders_are_refused_at_once(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.jpg")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.relpath(tmp_path / "socket.jpg"))
            for path, expected in (("pipe.jpg", "a named pipe"), ("socket.jpg", "a socket"), ("", "a folder"), ("none.jpg", "no such file")):
                with pytest.raises(UnreadableImage) as caught:
                    read_file(str(tmp_path / path))
                assert caught.value.arrived.startswith(expected)
        with pytest.raises(UnreadableImage, match="a device"):
            read_file("/dev/zero")

    def test_a_file_above_the_limit_is_not_read(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(bytes(11))
        with pytest.raises(UnreadableImage, match="11 bytes; at most 10"):
            read_file(str(tmp_path / "x"), 10)

    def test_names_with_control_characters_are_shown_escaped(self, tmp_path: Path) -> None:
        for name in (b"new\nline.jpg", b"bytes\xff.jpg", "☃😀.jpg".encode(), b"-rf.jpg", b"a b.jpg", b"n" * 251 + b".jpg"):
            path = os.fsdecode(os.path.join(os.fsencode(tmp_path), name))
            Path(path).write_bytes(encoded(Image.fromarray(NOISE), "PNG"))
            assert decode(path, WHOLE).height == 40
            Path(path).write_bytes(b"\x1b[31m")
            with pytest.raises(UnreadableImage) as caught:
                decode(path, WHOLE)
            assert str(caught.value).encode().isascii() or b"\xe2\x98\x83" in name
            assert "\n" not in str(caught.value)


class TestTruncated:
    SMOOTH = Image.fromarray(np.add.outer(np.arange(120), np.arange(160)).astype(np.uint8)).convert("RGB")

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    @pytest.mark.parametrize("share", [0.5, 0.9])
    def test_a_cut_file_is_unreadable_unless_tolerated(self, kind: str, share: float) -> None:
        noise = np.random.default_rng(1).integers(0, 256, (120, 180, 3), dtype=np.uint8)
        data = encoded(Image.fromarray(noise), kind)
        cut = data[: int(len(data) * share)]
        assert reason(cut) == f"the file ends early (truncated {kind})"
        seen = np.asarray(open_upright(cut, 10_000, Policy(tolerate_truncated=True))).astype(int)
        assert np.abs(seen[:40] - upright(data)[:40]).mean() < 1
        assert np.abs(seen[-4:] - upright(data)[-4:]).mean() > 20

    @pytest.mark.parametrize("name", ["basi0g01", "basi2c16", "basi3p04", "basi6a08", "basn4a16", "s33i3p04", "f04n2c08"])
    def test_a_cut_png_of_any_kind_can_be_completed(self, shared_data: Path, name: str) -> None:
        data = (shared_data / f"oddimages/pngsuite/{name}.png").read_bytes()
        cut = data[: data.index(b"IDAT") + 4 + (data.index(b"IEND") - data.index(b"IDAT")) // 2]
        assert reason(cut).startswith("the file ends early")
        assert open_upright(cut, 32, Policy(tolerate_truncated=True)).size == open_upright(data, 32).size

    def test_a_cut_file_of_another_format_stays_unreadable(self) -> None:
        for kind in ("GIF", "BMP", "TIFF", "WEBP"):
            data = encoded(Image.fromarray(NOISE[..., :3]), kind)
            assert reason(data[: len(data) // 2], Policy(tolerate_truncated=True))

    def test_tolerance_changes_nothing_for_a_whole_file(self, shared_data: Path) -> None:
        data = next((shared_data / "oddimages/exif").glob("*.jpg")).read_bytes()
        one, other = decode_bytes(data, WHOLE), decode_bytes(data, WHOLE, Policy(tolerate_truncated=True))
        np.testing.assert_array_equal(one.views[0], other.views[0])

    def test_a_changed_byte_in_the_picture_data_of_a_png_is_noticed(self) -> None:
        data = bytearray(encoded(self.SMOOTH, "PNG", compress_level=0))
        data[len(data) // 2] ^= 1
        assert "checksum" in reason(bytes(data))


SEEDS = [encoded(Image.fromarray(NOISE[..., :3]), kind) for kind in ("JPEG", "PNG", "GIF", "BMP", "PPM", "WEBP")]


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8), st.integers(0, 10_000), st.booleans())
@settings(max_examples=150, deadline=None)
def test_whatever_bytes_arrive_nothing_but_unreadable_image_is_raised(seed: bytes, changes: list[tuple[int, int]], end: int, tolerate: bool) -> None:
    data = bytearray(seed)
    for place, value in changes:
        data[place % len(data)] = value
    with suppress(UnreadableImage):
        seen = decode_bytes(bytes(data[:end]), WHOLE, Policy(tolerate_truncated=tolerate))
        assert isinstance(seen, Decoded) and seen.views[0].shape == (32, 32, 3)


def test_a_policy_says_in_its_key_what_it_is() -> None:
    assert len({Policy().key, Policy(max_pixels=5).key, Policy(tolerate_truncated=True).key}) == 3
    assert hash(Policy()) == hash(Policy())


class TestLargePicturesInLittleMemory:
    """What takes more than 400 MB at 25 megapixels when it is decoded as Pillow does by itself (benchmarks/memory.py has the figures)."""

    SMOOTH = Image.fromarray(NOISE[:9, :12]).convert("RGB").resize((2400, 1800), Image.Resampling.BICUBIC)

    @pytest.mark.slow
    @pytest.mark.parametrize("options", [{}, {"num_resolutions": 2}, {"num_resolutions": 1}, {"no_jp2": True}, {"irreversible": True}])
    def test_a_large_jpeg_2000_is_reduced_as_often_as_it_can_be(self, options: dict[str, object]) -> None:
        data = encoded(self.SMOOTH, "JPEG2000", **options)
        decoded = decode_bytes(data, (View.crop(224),))
        whole = np.asarray(self.SMOOTH.resize((224, 224), Image.Resampling.BICUBIC, box=View.crop(224).box(2400, 1800)))
        assert (decoded.width, decoded.height) == (2400, 1800)
        assert np.abs(decoded.views[0].astype(int) - whole).mean() < 3
        side = {1: 1800, 2: 900}.get(int(str(options.get("num_resolutions", 0))), 450)
        assert min(upright(data, 288).shape[:2]) == side

    def test_an_ordinary_jpeg_2000_is_decoded_whole(self) -> None:
        assert upright(encoded(self.SMOOTH.resize((1200, 900)), "JPEG2000"), 288).shape == (900, 1200, 3)

    @pytest.mark.parametrize("options", [{"quality": 80}, {"lossless": True}])
    def test_a_webp_has_the_pixels_that_pillow_gives(self, options: dict[str, object]) -> None:
        data = encoded(Image.fromarray(NOISE[..., :3]), "WEBP", **options)
        with Image.open(io.BytesIO(data)) as opened:
            theirs = np.asarray(opened.convert("RGB"))
        np.testing.assert_array_equal(upright(data), theirs)

    def test_the_first_picture_of_an_animated_webp(self) -> None:
        frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "green")]
        data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
        assert upright(data)[0, 0].tolist() == [255, 0, 0]
