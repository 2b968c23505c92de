"""What fills the texts of a job, which are translated when they are read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0003_archived_projects")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="error_params",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="job",
            name="message_params",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
