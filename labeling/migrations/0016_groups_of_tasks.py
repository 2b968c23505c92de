"""Groups of tasks that share something, and what they share."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0015_an_index_of_unconfirmed_adjudications")]

    operations = [
        migrations.AddField(
            model_name="task",
            name="group",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.CreateModel(
            name="GroupKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                (
                    "project",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="labeling.project"),
                ),
                (
                    "task",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="labeling.task"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["project", "key"], name="group_key_by_key")],
                "constraints": [models.UniqueConstraint(fields=("task", "key"), name="group_key_one_per_task")],
            },
        ),
        migrations.AlterField(
            model_name="event",
            name="kind",
            field=models.CharField(
                choices=[
                    ("project_created", "project created"),
                    ("settings_changed", "settings changed"),
                    ("archived", "project archived"),
                    ("brought_back", "project brought back from the archive"),
                    ("batch_changed", "batch changed"),
                    ("member_changed", "member changed"),
                    ("invitation_made", "invitation made"),
                    ("invitation_revoked", "invitation revoked"),
                    ("guideline_published", "guideline published"),
                    ("guideline_read", "guideline read"),
                    ("imported", "imported"),
                    ("queued", "entered the queue"),
                    ("task_changed", "task changed"),
                    ("image_replaced", "image replaced"),
                    ("conflict_resolved", "import conflict resolved"),
                    ("leased", "taken"),
                    ("released", "released"),
                    ("submitted", "answered"),
                    ("edited", "answer edited"),
                    ("undone", "answer taken back"),
                    ("surplus", "answer kept, not counted"),
                    ("skipped", "skipped"),
                    ("flagged", "flagged"),
                    ("flag_answered", "flag answered"),
                    ("dispute_ready", "dispute ready for adjudication"),
                    ("adjudicated", "adjudicated blind"),
                    ("confirmed", "adjudication confirmed or revised"),
                    ("decided_elsewhere", "decision imported"),
                    ("held", "held"),
                    ("unheld", "back to the queue"),
                    ("withdrawn", "withdrawn"),
                    ("reopened", "reopened"),
                    ("batched", "put into a batch"),
                    ("example_added", "made an example"),
                    ("example_changed", "caption of the example changed"),
                    ("example_removed", "no longer an example"),
                    ("examples_ordered", "order of the examples changed"),
                    ("voided", "answer voided"),
                    ("surplus_reviewed", "surplus answer reviewed"),
                    ("suggested", "suggestions imported"),
                    ("version_used", "suggestions put to use"),
                    ("model_promoted", "model version promoted"),
                    ("model_rolled_back", "model version rolled back"),
                    ("suggestions_stopped", "suggestions switched off"),
                    ("audited", "audited blind"),
                    ("second_adjudicated", "adjudicated blind by a second person"),
                    ("check_reviewed", "contradiction looked at"),
                    ("gold_added", "made gold"),
                    ("gold_retired", "gold no longer"),
                    ("concern_raised", "concern raised"),
                    ("concern_answered", "concern answered"),
                    ("concern_closed", "concern closed"),
                    ("exported", "exported"),
                ],
                max_length=20,
            ),
        ),
    ]
