"""Folders and archives as sources: what is unsafe is refused by name, the rest goes on."""

import os
import stat
import zipfile

import pytest

from labeling.data_in.codes import Code
from labeling.data_in.folder_source import FolderTree, find_allowed
from labeling.data_in.problem import ImportProblem
from labeling.data_in.sources import Limits, read_file
from labeling.data_in.zip_source import ZipTree
from tests.labeling.material import make_folder, make_zip

pytestmark = pytest.mark.pure


def refused(tree):
    """What a tree refused, by name."""
    return {line.file: line.code for line in tree.problems}


def make_entry(name, content=b"x", mode=0, method=zipfile.ZIP_DEFLATED, stream=None):
    """An archive with one entry of any name, kind and method beside a good one."""
    made = make_zip({"good.txt": "good"})
    with zipfile.ZipFile(made, "a", method) as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        info.external_attr = mode << 16
        info.compress_type = method
        archive.writestr(info, content)
    made.seek(0)
    return made


def test_a_folder_and_an_archive_of_it_look_alike(tmp_path):
    files = {"b/2.txt": "two", "a.txt": "one", "b/1.txt": "three"}

    folder, archive = make_folder(tmp_path, files), ZipTree(make_zip(files))

    assert folder.names == archive.names == ("a.txt", "b/1.txt", "b/2.txt")
    assert folder.problems == archive.problems == ()
    assert [read_file(tree, "b/2.txt", 3) for tree in (folder, archive)] == [b"two", b"two"]
    assert folder.size("a.txt") == archive.size("a.txt") == 3


def test_litter_of_file_managers_is_left_out_without_a_word(tmp_path):
    files = {"1.jpg": "x", "__MACOSX/._1.jpg": "x", ".DS_Store": "x", "a/Thumbs.db": "x"}

    folder, archive = make_folder(tmp_path, files), ZipTree(make_zip(files))

    assert folder.names == archive.names == ("1.jpg",)
    assert folder.problems == archive.problems == ()


@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "a/../../evil.txt", "/etc/passwd", "C:/evil.txt", "a\\..\\evil.txt", "./a.txt", "a//b.txt", "a\nb.txt", "a\0b.txt"],
)
def test_an_unsafe_name_in_an_archive_is_refused_and_the_rest_goes_on(name):
    tree = ZipTree(make_entry(name))

    assert tree.names == ("good.txt",)
    assert list(refused(tree).values()) == [Code.UNSAFE_NAME]


def test_a_name_too_long_or_too_deep_is_refused():
    tree = ZipTree(make_zip({"x" * 301: "x", "y" * 256: "x", "/".join("abcdefghijklm"): "x", "good.txt": "x"}))

    assert tree.names == ("good.txt",)
    assert sorted(refused(tree).values()) == [Code.NAME_TOO_LONG, Code.NAME_TOO_LONG, Code.TOO_DEEP]


def test_a_link_in_an_archive_is_refused():
    tree = ZipTree(make_entry("link", b"/etc/passwd", stat.S_IFLNK | 0o777))

    assert tree.names == ("good.txt",)
    assert refused(tree) == {"link": Code.SYMLINK}


def test_a_device_in_an_archive_is_refused():
    assert refused(ZipTree(make_entry("device", mode=stat.S_IFBLK | 0o600))) == {"device": Code.NOT_A_FILE}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_entry_compressed_beyond_measure_is_refused_by_name(method):
    # Ten million zeros: about 1,000:1 by deflate, far over 10,000:1 by bzip2.
    tree = ZipTree(make_entry("bomb.png", bytes(10_000_000), method=method))

    assert tree.names == ("good.txt",)
    (line,) = tree.problems
    assert (line.file, line.code) == ("bomb.png", Code.COMPRESSION_RATIO)
    if method == zipfile.ZIP_BZIP2:
        assert line.params["ratio"] > 10_000


def test_a_small_entry_may_compress_well():
    assert ZipTree(make_zip({"empty.json": " " * 60_000})).problems == ()


def test_an_unusual_method_of_compression_is_refused():
    assert refused(ZipTree(make_entry("a.png", os.urandom(100), method=zipfile.ZIP_LZMA))) == {"a.png": Code.BAD_COMPRESSION}


def test_an_encrypted_entry_is_refused():
    stream = make_zip({"secret.txt": "x"})
    data = bytearray(stream.getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1

    stream.seek(0)
    stream.write(data)

    assert refused(ZipTree(stream)) == {"secret.txt": Code.ENCRYPTED}


def test_an_entry_that_lies_about_its_size_gives_no_more_than_it_said():
    stream = make_zip({"a.txt": "x" * 1000})
    data = bytearray(stream.getvalue())
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (10).to_bytes(4, "little")
    stream.seek(0)
    stream.write(data)

    tree = ZipTree(stream)

    with pytest.raises(ImportProblem) as caught:
        read_file(tree, "a.txt", 100)
    assert caught.value.code == Code.UNREADABLE


def test_a_damaged_entry_is_named_when_it_is_read():
    stream = make_zip({"a.txt": os.urandom(1000)})
    stream.seek(200)
    stream.write(b"damage")

    with pytest.raises(ImportProblem) as caught:
        read_file(ZipTree(stream), "a.txt", 1000)

    assert (caught.value.code, caught.value.place.file) == (Code.UNREADABLE, "a.txt")


def test_entries_that_share_their_bytes_make_the_archive_refused():
    stream = make_zip({"a.txt": os.urandom(1000)})
    data = stream.getvalue()
    at = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, tail = data[at:end], bytearray(data[end:])
    tail[8:12] = (2).to_bytes(2, "little") * 2
    tail[12:16] = (2 * len(entry)).to_bytes(4, "little")
    stream.seek(0)
    stream.write(data[:at] + entry + entry.replace(b"a.txt", b"b.txt") + tail)

    with pytest.raises(ImportProblem) as caught:
        ZipTree(stream)

    assert caught.value.code == Code.OVERLAPPING_ENTRIES


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + bytes(10), b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "upload.zip"
    path.write_bytes(content)

    with pytest.raises(ImportProblem) as caught:
        ZipTree(path)

    assert caught.value.code == Code.NOT_A_ZIP


def test_too_many_files_are_refused_as_a_whole(tmp_path):
    files = {f"{number}.txt": "x" for number in range(4)}
    limits = Limits(entries=3)
    make_folder(tmp_path, files)

    for make in (lambda: FolderTree(tmp_path, limits), lambda: ZipTree(make_zip(files), limits)):
        with pytest.raises(ImportProblem) as caught:
            make()
        assert caught.value.code == Code.TOO_MANY_ENTRIES


def test_the_directory_of_an_archive_is_measured_before_it_is_parsed():
    # 20 entries of about 330 bytes are far over 10 x 160.
    archive = make_zip({f"{number:0250d}.txt": "x" for number in range(20)})

    with pytest.raises(ImportProblem) as caught:
        ZipTree(archive, Limits(entries=10))

    assert caught.value.code == Code.TOO_MANY_ENTRIES


def test_too_many_bytes_are_refused_as_a_whole(tmp_path):
    files = {"a.txt": "x" * 60, "b.txt": "x" * 60}
    limits = Limits(total_bytes=100)
    make_folder(tmp_path, files)

    for make in (lambda: FolderTree(tmp_path, limits), lambda: ZipTree(make_zip(files), limits)):
        with pytest.raises(ImportProblem) as caught:
            make()
        assert caught.value.code == Code.TOTAL_TOO_LARGE


def test_of_two_names_that_differ_by_case_the_second_is_refused(tmp_path):
    files = {"a/1.JPG": "x", "a/1.jpg": "y", "A/1.jpg": "z"}

    for tree in (make_folder(tmp_path, files), ZipTree(make_zip(files))):
        assert tree.names == ("A/1.jpg",)
        assert refused(tree) == {"a/1.JPG": Code.SAME_NAME, "a/1.jpg": Code.SAME_NAME}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_entries_of_one_name_the_first_is_read():
    stream = make_zip({"a.txt": "first"})
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("a.txt", "second")

    tree = ZipTree(stream)

    assert read_file(tree, "a.txt", 100) == b"first"
    assert refused(tree) == {"a.txt": Code.SAME_NAME}


def test_links_pipes_and_odd_names_in_a_folder_are_refused(tmp_path):
    root = tmp_path / "root"
    make_folder(root, {"good.txt": "good", "a/b.txt": "x"})
    (tmp_path / "outside.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    (root / "links").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    (root / "line\nbreak.txt").write_text("x")
    os.close(os.open(os.fsencode(root) + b"/\xff.txt", os.O_CREAT))

    tree = FolderTree(root)

    assert tree.names == ("a/b.txt", "good.txt")
    assert refused(tree) == {
        "link.txt": Code.SYMLINK,
        "links": Code.SYMLINK,
        "pipe": Code.NOT_A_FILE,
        "line\\nbreak.txt": Code.UNSAFE_NAME,
        "\\udcff.txt": Code.UNSAFE_NAME,
    }


def test_a_file_that_became_a_link_since_is_not_read(tmp_path):
    root = tmp_path / "root"
    tree = make_folder(root, {"a/b.txt": "x", "c.txt": "x"})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.txt").write_text("secret")
    (root / "a").rename(root / "old")
    (root / "a").symlink_to(tmp_path / "outside")
    (root / "c.txt").unlink()
    (root / "c.txt").symlink_to(tmp_path / "outside" / "b.txt")

    for name in ("a/b.txt", "c.txt"):
        with pytest.raises(ImportProblem) as caught:
            tree.open(name)
        assert caught.value.code == Code.SYMLINK


def test_a_file_that_is_not_in_the_tree_is_not_opened(tmp_path):
    (tmp_path / "outside.txt").write_text("secret")
    tree = make_folder(tmp_path / "root", {"a.txt": "x"})

    for name in ("../outside.txt", "b.txt", str(tmp_path / "outside.txt")):
        for made in (tree, ZipTree(make_zip({"a.txt": "x"}))):
            with pytest.raises(ImportProblem) as caught:
                made.open(name)
            assert caught.value.code == Code.MISSING_FILE


def test_a_file_over_the_limit_is_not_read(tmp_path):
    tree = make_folder(tmp_path, {"a.txt": "x" * 11})

    with pytest.raises(ImportProblem) as caught:
        read_file(tree, "a.txt", 10)

    assert (caught.value.code, caught.value.params) == (Code.FILE_TOO_LARGE, {"size": 11, "limit": 10})


def test_the_server_reads_only_below_its_import_roots(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "root-2"
    make_folder(root / "bench", {"a.txt": "x"})
    make_folder(outside, {"a.txt": "x"})
    (root / "door").symlink_to(outside)

    assert find_allowed(root / "bench", [root]) == (root / "bench").resolve()
    assert find_allowed(root, [root]) == root.resolve()
    for path in (outside, root / "door", root / ".." / "root-2", "/etc", tmp_path, root / "x\0y"):
        with pytest.raises(ImportProblem) as caught:
            find_allowed(path, [root])
        assert caught.value.code == Code.NOT_ALLOWED


def test_no_import_roots_allow_nothing(tmp_path):
    with pytest.raises(ImportProblem, match="may not read"):
        find_allowed(tmp_path, [])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ImportProblem) as caught:
        FolderTree(tmp_path / "missing")

    assert caught.value.code == Code.NOT_A_FOLDER
