"""The names of everything that can be wrong with imported material, each with its sentence."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Code(TextChoices):
    """A problem's stable name; its label is the sentence, with named places for what was found."""

    # Folders and archives
    NOT_ALLOWED = "not_allowed", _("The server may not read this folder: %(path)s.")
    NOT_A_FOLDER = "not_a_folder", _("There is no such folder: %(path)s.")
    NOT_A_ZIP = "not_a_zip", _("This is not a zip archive that can be read.")
    TOO_MANY_ENTRIES = "too_many_entries", _("More than %(limit)s files.")
    TOTAL_TOO_LARGE = "total_too_large", _("The files together are larger than %(limit)s bytes.")
    OVERLAPPING_ENTRIES = "overlapping_entries", _("Files of the archive lie on top of each other.")
    UNSAFE_NAME = "unsafe_name", _("The name is not a plain relative path.")
    TOO_DEEP = "too_deep", _("More than %(limit)s folders deep.")
    NAME_TOO_LONG = "name_too_long", _("The name is longer than %(limit)s characters.")
    SYMLINK = "symlink", _("Links are not followed.")
    NOT_A_FILE = "not_a_file", _("Neither a file nor a folder.")
    SAME_NAME = "same_name", _("Another file has the same name apart from upper and lower case: %(other)s.")
    ENCRYPTED = "encrypted", _("The file is encrypted.")
    BAD_COMPRESSION = "bad_compression", _("Compressed by a method other than stored or deflate.")
    COMPRESSION_RATIO = "compression_ratio", _("Compressed %(ratio)s:1; more than %(limit)s:1 is refused.")
    UNREADABLE = "unreadable", _("The file cannot be read.")
    FILE_TOO_LARGE = "file_too_large", _("%(size)s bytes; at most %(limit)s are read.")
    MISSING_FILE = "missing_file", _("The file is not there.")
    NO_CATEGORY = "no_category", _("This category is not there, so its tasks stay as they are.")
    AMBIGUOUS_FILE = "ambiguous_file", _("Found in several places: %(places)s.")
    UNUSABLE_NAME = "unusable_name", _("The name says neither what the file is nor where it belongs.")
    RESERVED_FOLDER = "reserved_folder", _("A folder of this name holds no candidates.")

    # What was given for something else
    LOOKS_LIKE_TASKS = "looks_like_tasks", _("These are tasks (C-…/….json). Start the import again with “Tasks (ServImageBench)” chosen.")
    LOOKS_LIKE_CANDIDATES = (
        "looks_like_candidates",
        _("These are candidates (<generator>/<task>/<number>.jpg or a manifest.jsonl). Start the import again with “Candidates” chosen."),
    )
    LOOKS_LIKE_LABELS = (
        "looks_like_labels",
        _("These are labels (model, task_id, annotations). Import the .jsonl file by itself, with “Labels made elsewhere” chosen."),
    )
    LOOKS_LIKE_SUGGESTIONS = (
        "looks_like_suggestions",
        _("These are suggestions (model_version, p_accept). Import the .jsonl file with “Suggestions of a model” chosen."),
    )
    LOOKS_LIKE_MANIFEST = (
        "looks_like_manifest",
        _("This is a list of candidates (model, task_id, image). Import it as manifest.jsonl in a zip with its images, as “Candidates”."),
    )
    LOOKS_LIKE_EXPORT = (
        "looks_like_export",
        _("This is an export in the format “%(format)s”, which cannot be read back. “servimage” can, as “Labels made elsewhere”."),
    )
    LOOKS_LIKE_ZIP = "looks_like_zip", _("This is a zip archive, which holds tasks or candidates; labels are one .jsonl file.")

    # JSON
    BAD_ENCODING = "bad_encoding", _("Not UTF-8 text.")
    BAD_JSON = "bad_json", _("Not valid JSON: %(error)s.")
    REPEATED_KEY = "repeated_key", _("The key %(key)s is there more than once in one object.")
    MISSING_KEY = "missing_key", _("The value is missing.")
    WRONG_TYPE = "wrong_type", _("%(wanted)s wanted, %(found)s found.")
    LINE_TOO_LONG = "line_too_long", _("The line is longer than %(limit)s bytes.")
    BLANK_TEXT = "blank_text", _("The text is empty.")
    TEXT_TOO_LONG = "text_too_long", _("%(length)s characters; at most %(limit)s fit.")
    BAD_CHARACTERS = "bad_characters", _("The text has characters that cannot be stored.")
    OUT_OF_RANGE = "out_of_range", _("%(found)s; from %(low)s to %(high)s wanted.")

    # Tasks
    BAD_TASK_ID = "bad_task_id", _("Not a task name: %(found)s.")
    DUPLICATE_TASK = "duplicate_task", _("This task was there before; the first one is kept.")
    WRONG_CATEGORY = "wrong_category", _("%(found)s; this is a task of %(wanted)s.")
    BAD_PRICE = "bad_price", _("Not a price in US dollars: %(found)s.")
    PRICE_SUM_DIFFERS = "price_sum_differs", _("The deliverables are listed at %(sum)s together, the task at %(price)s; the task decides.")
    QUANTITY_DIFFERS = "quantity_differs", _("%(quantity)s images wanted, %(listed)s deliverables listed.")
    EMPTY_BRIEF = "empty_brief", _("The brief is empty.")
    CORRUPT_KEY = "corrupt_key", _("The damaged key %(key)s is read as the text of the point.")
    DUPLICATE_POINT = "duplicate_point", _("The evaluation point %(point)s is there more than once.")
    POINT_GAP = "point_gap", _("The evaluation points %(missing)s are not there.")
    NO_POINTS = "no_points", _("The task has no evaluation points.")
    SAME_BRIEF = "same_brief", _("%(tasks)s: the same name and brief. Whoever splits the tasks keeps these on one side.")

    TASK_IN_USE = "task_in_use", _("People work on this task already, so the change of %(parts)s waits for the lead.")
    NO_TASKS = "no_tasks", _("No task can be read here; the lines of the report say why.")

    # Reference and source images
    NO_FOLDER = "no_folder", _("%(folder)s is not there; %(tasks)s tasks come without it.")
    SOURCE_MISSING = "source_missing", _("An editing task without its source image.")
    IMAGE_GAP = "image_gap", _("Image %(number)s is missing between others.")
    DUPLICATE_NUMBER = "duplicate_number", _("Image %(number)s is there more than once.")
    UNNUMBERED_IMAGE = "unnumbered_image", _("The name is no place in a row; the image comes after the numbered ones.")
    SHARED_IMAGE = "shared_image", _("%(tasks)s: the same image. Whoever splits the tasks keeps these on one side.")
    NO_SUCH_TASK = "no_such_task", _("The folder belongs to no task.")

    # Hard rules
    RATIO_UNPARSED = "ratio_unparsed", _("%(text)s is no ratio; kept as text.")
    RATIO_ONE_NUMBER = "ratio_one_number", _("%(text)s does not say which side is longer; both ways are accepted.")
    RATIO_AND_SIZE = "ratio_and_size", _("The ratio %(ratio)s and the size %(size)s disagree.")
    UNIT_UNKNOWN = "unit_unknown", _("%(size)s is not in pixels; only the ratio of the sides is checked.")
    ZERO_DIMENSION = "zero_dimension", _("A side of 0 says nothing; left out: %(sides)s.")
    BAD_DIMENSION = "bad_dimension", _("%(text)s is no length; kept as text.")
    IMPLAUSIBLE_DPI = "implausible_dpi", _("%(dpi)s dots per inch are implausible; kept.")
    UNKNOWN_FILE_TYPE = "unknown_file_type", _("%(text)s is no known file type; kept.")
    MISPLACED_RULE = "misplaced_rule", _("Found among the visual rules; read as the rule of its name.")
    UNKNOWN_RULE = "unknown_rule", _("A rule of unknown kind; kept as text.")

    # Images
    EMPTY_FILE = "empty_file", _("The file is empty.")
    NOT_AN_IMAGE = "not_an_image", _("The file is not an image.")
    SVG = "svg", _("SVG drawings are not accepted; JPEG, PNG and WebP are.")
    UNSUPPORTED_FORMAT = "unsupported_format", _("%(format)s images are not accepted; JPEG, PNG and WebP are.")
    ANIMATED = "animated", _("Animated images are not accepted.")
    IMAGE_TOO_LARGE = "too_large", _("%(size)s bytes; at most %(limit)s are accepted.")
    TOO_MANY_PIXELS = "too_many_pixels", _("More than %(limit)s million pixels.")
    SIDE_TOO_LONG = "side_too_long", _("%(width)s × %(height)s pixels; a side may have at most %(limit)s.")
    TRUNCATED = "truncated", _("The image ends too early.")
    DAMAGED = "damaged", _("The image is damaged.")
    HASH_DIFFERS = "hash_differs", _("The file is not the one whose SHA-256 the manifest states.")
    BAD_HASH = "bad_hash", _("Not a SHA-256: 64 digits and letters from a to f are wanted.")
    EXTENSION_DIFFERS = "extension_differs", _("The file is %(format)s in truth.")

    # Candidates and labels
    TASKS_FIRST = "tasks_first", _("The project has none of these tasks: import the tasks first, or choose their project.")
    NO_CANDIDATES = "no_candidates", _("No candidate can be read here: <generator>/<task>/<number>.jpg or a manifest.jsonl is wanted.")
    NO_LABELS = "no_labels", _("No label can be read here; the lines of the report say why.")
    BAD_GENERATOR = "bad_generator", _("Not a name of a generator: %(found)s.")
    UNKNOWN_TASK = "unknown_task", _("The project has no such task.")
    NO_SUCH_DELIVERABLE = "no_such_deliverable", _("The task has %(quantity)s deliverables.")
    DUPLICATE_CANDIDATE = "duplicate_candidate", _("Another image stands for the same candidate: %(other)s.")
    REPEATED_CANDIDATE = "repeated_candidate", _("The same entry was there before.")
    INCOMPLETE_BUNDLE = "incomplete_bundle", _("The deliverables %(missing)s have no image.")
    NO_FIRST_SAMPLE = "no_first_sample", _("The deliverables %(missing)s have no sample 1, the one that is delivered and exported.")
    BAD_SUBTASK_KEY = "bad_subtask_key", _("Not of the form subtask_1; ignored.")
    EXTRA_SUBTASK = "extra_subtask", _("The task has %(quantity)s deliverables; ignored.")
    MISSING_SUBTASK = "missing_subtask", _("The deliverable has no label.")
    NON_BOOLEAN_LABEL = "non_boolean_label", _("true or false wanted, %(found)s found; the deliverable stays without a label.")
    NUMBER_LABEL = "number_label", _("The number %(found)s is read as true or false.")
    NULL_LABEL = "null_label", _("The label is empty; the deliverable stays without one.")
    REPEATED_SUBTASK = "repeated_subtask", _("Two different labels in one line; the deliverable stays without one.")
    DUPLICATE_LABELS = "duplicate_labels", _("Line %(other)s says the same.")
    CONFLICTING_LABELS = "conflicting_labels", _("Line %(other)s says otherwise; the first one is kept.")
    CANDIDATE_IN_USE = "candidate_in_use", _("People work on this candidate already, so its new image waits for the lead.")
    DECIDED_HERE = "decided_here", _("Answered or being answered here; an imported label does not overwrite that.")
    NEW_ROUND = "new_round", _("Started over here; an imported label may be about the image or brief before, and does not end that.")
    OUT_OF_QUEUE = "out_of_queue", _("The lead has held or withdrawn this candidate; an imported label does not bring it back.")

    # Suggestions
    NO_SUGGESTIONS = "no_suggestions", _("No suggestion can be read here; the lines of the report say why.")
    UNKNOWN_GENERATOR = "unknown_generator", _("The project has no images of %(found)s; it has some of %(known)s.")
    NO_SUCH_CANDIDATE = "no_such_candidate", _("The project has no such candidate: import its image first.")
    NO_IMAGE_HERE = "no_image_here", _("The candidate has no image here, so nobody will look at it.")
    UNKNOWN_CONCEPT = "unknown_concept", _("No such concept; known are %(known)s.")
    SUGGESTION_DIFFERS = (
        "suggestion_differs",
        _("This version said %(known)s about the image before, and that is kept. What a model says anew needs a new version."),
    )
    VERSION_USED = "version_used", _("From now on people are shown the suggestions of %(version)s.")
    VERSION_NOT_USED = (
        "version_not_used",
        _("People are still shown the suggestions of %(used)s. Put %(version)s to use on the page “Suggestions”, or with --use."),
    )
    VERSION_TRAINED_HERE = (
        "version_trained_here",
        _("The version %(version)s was trained here. Promote it on the page “Models”, where its gate stands."),
    )
    SPEAKS_AS_TRAINED = (
        "speaks_as_trained",
        _("The version %(version)s was trained here, and only it says what it says. Give the suggestions of the file another version."),
    )

    # Scores
    NO_SCORES = "no_scores", _("No score can be read here; the lines of the report say why.")
    NO_SCORE = "no_score", _("The line has no score.")
    TWO_RUBRICS = "two_rubrics", _("p_accept and other scores are told by two judges, so by two files; line %(other)s has the other kind.")
    WRONG_POINTS = "wrong_points", _("%(found)s points told; the task has %(wanted)s evaluation points.")
    WITHOUT_SCORE = "without_score", _("This is kept beside the score of %(concept)s, which the line does not have.")
    BRF_DIFFERS = "brf_differs", _("brf is one score of all images of a generator for a task, and these lines differ: %(lines)s.")
    SCORE_DIFFERS = (
        "score_differs",
        _("This version said %(known)s before, and that is kept. What a judge says anew needs a new version."),
    )
    SCORE_DETAIL_DIFFERS = "score_detail_differs", _("This version told other points or flags with the same score before; those are kept.")
