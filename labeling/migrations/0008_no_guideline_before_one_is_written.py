"""A project of which no guideline was ever written has no version of one; so far it had an empty version 1."""

from django.db import migrations
from django.db.models import Exists, OuterRef


def remove_unwritten(apps, schema_editor):
    """Take away the empty first version where nothing came after it: nobody could read it, so nothing points at it."""
    guideline = apps.get_model("labeling", "Guideline")
    later = guideline.objects.filter(project=OuterRef("project"), number__gt=1)
    unwritten = guideline.objects.filter(number=1, body="").exclude(Exists(later))
    guideline.objects.filter(pk__in=list(unwritten.values_list("pk", flat=True))).delete()


def put_back(apps, schema_editor):
    """Give every project without a version its empty first one."""
    project, guideline = apps.get_model("labeling", "Project"), apps.get_model("labeling", "Guideline")
    bare = project.objects.exclude(Exists(guideline.objects.filter(project=OuterRef("pk"))))
    guideline.objects.bulk_create(guideline(project=row, number=1) for row in bare)


class Migration(migrations.Migration):
    dependencies = [("labeling", "0007_the_queue_by_batch_and_lane")]
    operations = [migrations.RunPython(remove_unwritten, put_back)]
