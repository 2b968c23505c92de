"""An index of the few audits and second adjudications, which every page of a lead counts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0011_suggestions_control_and_concerns"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                condition=models.Q(("purpose__in", ["audit", "second_adjudication"]), ("status", "submitted")),
                fields=["project", "id"],
                name="assignment_checks",
            ),
        ),
    ]
