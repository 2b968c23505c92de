"""Indexes behind the list of candidates, newest change first, and behind the few events that are about a project itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0001_the_tables_of_the_labelling_side")]

    operations = [
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(fields=["project", "state_changed_at", "id"], name="candidate_by_change"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(condition=models.Q(("candidate", None)), fields=["project", "id"], name="event_of_project"),
        ),
    ]
