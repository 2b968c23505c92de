"""Which lane each candidate is in: no batch, and the category of its task."""

from django.db import migrations
from django.db.models import Max

# So many rows at a time: no transaction may last long beside people who work.
CHUNK = 20_000
FILL = """
    UPDATE labeling_candidate SET lane = (
        SELECT CASE t.category WHEN 'Portrait' THEN 1 WHEN 'Product' THEN 2 ELSE 3 END
        FROM labeling_bundle b JOIN labeling_task t ON t.id = b.task_id WHERE b.id = labeling_candidate.bundle_id
    ) WHERE id > %s AND id <= %s AND lane = 0
"""


def fill_lanes(apps, schema_editor):
    """Fill in the lanes; once more after an interruption does what is left."""
    highest = apps.get_model("labeling", "Candidate").objects.aggregate(highest=Max("pk"))["highest"] or 0
    with schema_editor.connection.cursor() as cursor:
        for low in range(0, highest, CHUNK):
            cursor.execute(FILL, [low, low + CHUNK])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("labeling", "0005_categories_daily_caps_and_batches")]
    operations = [migrations.RunPython(fill_lanes, migrations.RunPython.noop)]
