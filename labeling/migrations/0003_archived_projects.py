"""Projects that are put away."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0002_what_leads_run_a_team_with"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="archived_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
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
                    ("example_added", "made an example"),
                    ("example_changed", "caption of the example changed"),
                    ("example_removed", "no longer an example"),
                    ("examples_ordered", "order of the examples changed"),
                    ("voided", "answer voided"),
                    ("surplus_reviewed", "surplus answer reviewed"),
                    ("exported", "exported"),
                ],
                max_length=20,
            ),
        ),
    ]
